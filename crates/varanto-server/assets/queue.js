// Answers the keyboard on a row of the work queue: save, next, back to the list. Without it the page's own buttons and links
// do the same.
(function () {
  "use strict";
  var form = document.getElementById("row");
  if (!form) { return; }
  document.documentElement.classList.add("script");

  function follow(id) {
    var link = document.getElementById(id);
    if (link) { link.click(); }
  }

  document.addEventListener("keydown", function (event) {
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      if (event.key === "ArrowRight") { event.preventDefault(); follow("next"); }
      if (event.key === "ArrowUp") { event.preventDefault(); follow("up"); }
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey || form.contains(event.target) && event.target.tagName === "SELECT")) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  var first = form.querySelector("[aria-invalid]") || form.querySelector("input:not([type=hidden]), select");
  if (first) { first.focus(); }
})();
