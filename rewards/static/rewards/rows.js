// Rows of a form that are added and taken away. Without it there is one empty row to fill in, and the server reads the
// same names.
(() => {
  const tell = (where) => where.dispatchEvent(new Event("change", { bubbles: true }));

  function add(box) {
    const place = Number(box.dataset.next);
    box.dataset.next = place + 1;
    const filled = box.querySelector("template").innerHTML.replaceAll("__n__", place);
    box.querySelector("[data-rows]").insertAdjacentHTML("beforeend", filled);
    box.querySelector("[data-rows]").lastElementChild.querySelector("select, input").focus();
  }

  document.addEventListener("click", (event) => {
    const adding = event.target.closest("[data-add-row]");
    const removing = event.target.closest("[data-remove-row]");
    if (adding) add(adding.closest("[data-box]"));
    if (removing) {
      const box = removing.closest("[data-box]");
      removing.closest("[data-row]").remove();
      box.querySelector("[data-add-row]").focus();
      tell(box);
    }
  });
})();
