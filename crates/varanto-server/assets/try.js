// Sends one request of the reader's own to this archive and shows the answer. Nothing is kept.
(function () {
  "use strict";
  var form = document.getElementById("try-form");
  if (!form) { return; }
  form.hidden = false;
  var answer = document.getElementById("try-answer");
  var user = form.elements.user;
  if (user) {
    user.addEventListener("change", function () { form.elements.token.value = user.value; });
  }
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var method = form.elements.method.value;
    var headers = { "Accept-Language": document.documentElement.lang };
    var token = form.elements.token.value.trim();
    if (token) { headers.Authorization = "Bearer " + token; }
    var options = { method: method, headers: headers, credentials: "omit", cache: "no-store" };
    if (method === "POST") {
      headers["Content-Type"] = "application/json";
      options.body = form.elements.body.value;
    }
    answer.textContent = "…";
    fetch(form.elements.path.value, options).then(function (response) {
      return response.text().then(function (text) {
        try { text = JSON.stringify(JSON.parse(text), null, 2); } catch (ignored) { /* not JSON */ }
        answer.textContent = response.status + " " + response.statusText + "\n\n" + text;
      });
    }).catch(function (error) { answer.textContent = String(error); });
  });
}());
