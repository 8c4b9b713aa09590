// Copies, shares, prints, and says when the connection is gone. Every page works without it.
(() => {
  const say = (button, words) => {
    const before = button.textContent;
    button.textContent = words;
    button.setAttribute("aria-live", "polite");
    setTimeout(() => { button.textContent = before; }, 2000);
  };

  const select = (button) => {
    const text = button.parentElement.querySelector("output, .code");
    if (text) getSelection().selectAllChildren(text);
  };

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        say(button, button.dataset.done);
      } catch {
        select(button); // no permission, or plain http: the reader copies what is selected
      }
    });
  }

  for (const button of document.querySelectorAll("[data-share]")) {
    if (!navigator.share) continue;
    button.parentElement.hidden = false;
    button.addEventListener("click", () => {
      navigator.share({ text: button.dataset.share, url: button.dataset.url }).catch(() => {});
    });
  }

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  const notice = document.querySelector("[data-offline]");
  if (notice) {
    const look = () => { notice.hidden = navigator.onLine; };
    addEventListener("online", look);
    addEventListener("offline", look);
    look();
  }
})();
