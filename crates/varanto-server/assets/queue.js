// Answers the keyboard on a row of the work queue: save, next, back to the list; and ticks all rows of a list. Without it the
// page's own buttons and links do the same.
(function () {
  "use strict";
  var form = document.getElementById("row");
  var view = document.querySelector("iframe.view");
  var away = document.getElementById("away");
  // A screen that is touched does not say where the finger went: whoever is in the document wanted to be there.
  var over = navigator.maxTouchPoints > 0, tabbed = false, last = null;
  document.documentElement.classList.add("script");

  var all = document.getElementById("all-rows");
  if (all) {
    document.getElementById("choose-all").hidden = false;
    all.addEventListener("change", function () {
      document.querySelectorAll("input[name=row]").forEach(function (one) { one.checked = all.checked; });
    });
  }

  function follow(id, otherwise) {
    var link = document.getElementById(id) || document.getElementById(otherwise);
    if (!link) { return; }
    if (link.href) { link.click(); } else { link.focus(); }
  }

  // Where the keys are at home: the field that is asked for first, else the way back.
  function home() {
    var check = document.getElementById("check");
    if (check && form && form.closest("details:not([open])")) { return check; }
    return form && (form.querySelector("[aria-invalid]") || form.querySelector("input:not([type=hidden]), select")) ||
      document.getElementById("up");
  }

  document.addEventListener("keydown", function (event) {
    tabbed = event.key === "Tab";
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      if (event.key === "ArrowRight") { event.preventDefault(); follow("next", "last"); }
      if (event.key === "ArrowUp") { event.preventDefault(); follow("up"); }
    } else if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey || form.contains(event.target) && event.target.tagName === "SELECT")) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  document.addEventListener("focusin", function (event) {
    if (event.target !== view) { last = event.target; }
  });

  if (view) {
    view.addEventListener("mouseenter", function () { over = true; });
    view.addEventListener("mouseleave", function () { over = navigator.maxTouchPoints > 0; });
    // The browser's own viewer of PDF files takes the keys for itself, also when nobody went there: then they are taken
    // back, and else it is said where they are.
    window.addEventListener("blur", function () {
      window.setTimeout(function () {
        if (document.activeElement !== view) { return; }
        if (!over && !tabbed) { (last || home()).focus({ preventScroll: true }); } else { away.hidden = false; }
      }, 0);
    });
    window.addEventListener("focus", function () { away.hidden = true; });
  }

  var first = home();
  if (form && first) { first.focus({ preventScroll: true }); }
})();
