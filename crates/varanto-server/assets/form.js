// Keeps what is typed into a draft, shows the rows that are asked for, and answers the keyboard. Without it the page's own
// buttons do the same.
(function () {
  "use strict";
  var form = document.getElementById("draft");
  if (!form) { return; }
  var told = document.getElementById("saved");
  var edition = form.elements.edition;
  var dirty = false, saving = null, stopped = false, timer = null;
  document.documentElement.classList.add("script");

  function show(asked) {
    form.querySelectorAll(".conditional, .asked").forEach(function (row) {
      var control = row.querySelector("[id]") || row;
      var name = row.id || control.id;
      var now = asked.indexOf(name.replace(/[?!]$/, "")) >= 0;
      // What holds something stays in sight.
      var filled = Array.prototype.some.call(row.querySelectorAll("input, select, textarea"), function (one) {
        return one.type === "radio" || one.type === "checkbox" ? one.checked && one.value : one.type !== "hidden" && one.value;
      });
      row.classList.toggle("asked", now);
      row.classList.toggle("conditional", !now && !filled);
    });
  }

  function save() {
    if (saving) { return saving; }
    if (!dirty || stopped) { return Promise.resolve(); }
    dirty = false;
    told.textContent = form.dataset.saving;
    var body = new URLSearchParams(new FormData(form));
    body.set("do", "keep");
    saving = fetch(form.action, {
      method: "POST", body: body, credentials: "same-origin", cache: "no-store", redirect: "error",
      headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang }
    }).then(function (response) {
      if (response.status === 409) {
        stopped = true;
        dirty = true;
        told.textContent = form.dataset.changed;
        return null;
      }
      if (!response.ok) { throw new Error(String(response.status)); }
      return response.json();
    }).then(function (kept) {
      saving = null;
      if (!kept) { return; }
      edition.value = kept.edition;
      told.textContent = form.dataset.saved.replace("{at}", kept.at);
      told.classList.remove("fault");
      show(kept.asked);
      if (dirty) { later(0); }
    }).catch(function () {
      saving = null;
      dirty = true;
      told.textContent = form.dataset.failed;
      told.classList.add("fault");
      later(5000);
    });
    return saving;
  }

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }

  form.addEventListener("input", function () { dirty = true; if (!saving) { later(700); } });
  form.addEventListener("change", function () { dirty = true; if (!saving) { later(100); } });

  // A button posts the edition that the page knows: a saving under way must tell it first.
  form.addEventListener("submit", function (event) {
    clearTimeout(timer);
    if (!saving) { dirty = false; stopped = true; return; }
    event.preventDefault();
    var button = event.submitter;
    saving.then(function () { form.requestSubmit(button); });
  });

  window.addEventListener("beforeunload", function (event) {
    if (dirty) { save(); event.preventDefault(); }
  });

  document.addEventListener("keydown", function (event) {
    if (!(event.ctrlKey || event.metaKey)) { return; }
    if (event.key === "s") {
      event.preventDefault();
      dirty = true;
      save();
    } else if (event.key === "Enter") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button[value=preview]"));
    }
  });

  var faults = document.getElementById("faults") || document.getElementById("changed");
  if (faults) {
    faults.focus();
  } else if (edition.value === "1") {
    // A new form: what is known stands in it, so the first empty text is where one writes.
    var empty = Array.prototype.find.call(form.querySelectorAll("textarea"), function (one) {
      return !one.value && one.offsetParent;
    });
    if (empty) { empty.focus(); }
  }
})();
