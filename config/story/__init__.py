"""The demo's story: a store and its program, then the main job over HTTP, every step checked."""
