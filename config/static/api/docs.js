// A file of its own, not inline: the content security policy allows only scripts that we serve.
SwaggerUIBundle({
  url: document.getElementById("docs").dataset.schema,
  dom_id: "#docs",
  docExpansion: "list",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
