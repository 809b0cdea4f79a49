// Checks in this browser that a content, its fingerprints, the way to the root of the log and the signature of the root
// agree, under the key that stands beside: whose key it is the reader compares. The same script stands in the file that
// checks offline.
(function () {
  "use strict";
  var box = document.getElementById("proof-check");
  if (!box) { return; }

  function bytes(text) {
    return Uint8Array.from(atob(text), function (letter) { return letter.charCodeAt(0); });
  }
  function text(value) { return new TextEncoder().encode(value); }
  function join(parts) {
    var length = parts.reduce(function (sum, part) { return sum + part.length; }, 0);
    var all = new Uint8Array(length), at = 0;
    parts.forEach(function (part) { all.set(part, at); at += part.length; });
    return all;
  }
  function same(one, other) {
    return one.length === other.length && one.every(function (byte, at) { return byte === other[at]; });
  }
  async function sha256(parts) {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", join(parts)));
  }

  // The digest of the content: over the salt, and of each part its name, its length and its bytes.
  async function content(proof) {
    if (proof.parts.length === 0) { return null; }
    var all = [bytes(proof.content.salt)];
    proof.parts.forEach(function (part) {
      var of = bytes(part.bytes);
      all.push(text(part.name + " " + of.length + "\n"), of);
    });
    return same(await sha256(all), bytes(proof.content.digest));
  }

  // The leaf: over the digests of content and metadata.
  async function leaf(proof) {
    var digests = [bytes(proof.content.digest), bytes(proof.metadata.digest)];
    var made = await sha256([new Uint8Array([0]), text("varanto/version/1\n")].concat(digests));
    return same(made, bytes(proof.leaf.hash));
  }

  // What the checkpoint states: three lines, then its signatures.
  function stated(proof) {
    var end = proof.checkpoint.indexOf("\n\n");
    var body = end < 0 ? "" : proof.checkpoint.slice(0, end + 1);
    var lines = body.split("\n");
    if (lines.length !== 4 || !/^[1-9][0-9]*$/.test(lines[1])) { return null; }
    return { body: body, origin: lines[0], size: Number(lines[1]), root: bytes(lines[2]),
      signatures: proof.checkpoint.slice(end + 2).split("\n") };
  }

  // From the leaf up to the root of the log (RFC 9162 2.1.3.2).
  async function path(proof, body) {
    var at = proof.leaf.index, last = body.size - 1, hash = bytes(proof.leaf.hash);
    if (!(at >= 0 && at <= last)) { return false; }
    function up() { at = Math.floor(at / 2); last = Math.floor(last / 2); }
    for (var sibling of proof.leaf.path.map(bytes)) {
      if (last === 0) { return false; }
      if (at % 2 === 1 || at === last) {
        hash = await sha256([new Uint8Array([1]), sibling, hash]);
        while (at % 2 === 0) { up(); }
      } else {
        hash = await sha256([new Uint8Array([1]), hash, sibling]);
      }
      up();
    }
    return last === 0 && same(hash, body.root);
  }

  // The signature of the checkpoint under the archive's key (C2SP signed note). null: the browser has no Ed25519.
  async function signature(proof, body) {
    var parts = proof.verifier_key.split("+");
    var key = bytes(parts.slice(2).join("+"));
    if (parts[0] !== body.origin || key.length !== 33 || key[0] !== 1) { return false; }
    var id = (await sha256([text(parts[0] + "\n"), key])).slice(0, 4);
    var told = Array.from(id, function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
    if (told !== parts[1]) { return false; }
    var imported;
    try {
      imported = await crypto.subtle.importKey("raw", key.slice(1), { name: "Ed25519" }, false, ["verify"]);
    } catch (missing) { return null; }
    for (var line of body.signatures) {
      var start = "\u2014 " + body.origin + " ";
      if (!line.startsWith(start)) { continue; }
      var signed = bytes(line.slice(start.length));
      if (same(signed.slice(0, 4), id) &&
          await crypto.subtle.verify("Ed25519", imported, signed.slice(4), text(body.body))) { return true; }
    }
    return false;
  }

  async function check(proof) {
    var body = stated(proof);
    var answers = { content: await content(proof), leaf: await leaf(proof) };
    answers.path = body ? await path(proof, body) : false;
    answers.signature = body ? await signature(proof, body) : false;
    return answers;
  }

  function show(answers) {
    var all = Object.values(answers);
    var verdict = all.includes(false) ? "fails" : all.includes(null) ? "partly" : "holds";
    Object.keys(answers).forEach(function (step) {
      var word = answers[step] === true ? "holds" : answers[step] === false ? "fails" : "partly";
      box.querySelectorAll('[data-step="' + step + '"] [data-is]').forEach(function (mark) {
        mark.hidden = mark.dataset.is !== word;
      });
    });
    box.querySelectorAll("[data-verdict]").forEach(function (told) {
      told.hidden = told.dataset.verdict !== verdict;
    });
    box.querySelector("ol").hidden = false;
    box.dataset.checked = verdict;
  }

  async function run(given) {
    box.querySelectorAll("[data-verdict],[data-is]").forEach(function (told) { told.hidden = true; });
    box.querySelector("ol").hidden = true;
    delete box.dataset.checked;
    try { show(await check(await given())); } catch (error) {
      box.querySelector('[data-verdict="broken"]').hidden = false;
      box.dataset.checked = "broken";
    }
  }

  box.hidden = false;
  // What was checked is shown where it stands in the file: the view in a frame that can do nothing.
  function reveal(proof) {
    var place = document.getElementById("proof-content");
    proof.parts.forEach(function (part) {
      if (part.name === "view") {
        var frame = document.createElement("iframe");
        frame.setAttribute("sandbox", "");
        frame.title = place.dataset.title;
        frame.srcdoc = new TextDecoder().decode(bytes(part.bytes));
        place.append(frame);
      }
      var link = document.createElement("a");
      var kinds = { pdf: "application/pdf", structured: "application/json", view: "application/xhtml+xml" };
      link.href = "data:" + kinds[part.name] + ";base64," + part.bytes;
      link.download = part.name + { pdf: ".pdf", structured: ".json", view: ".xhtml" }[part.name];
      link.textContent = link.download;
      var line = document.createElement("p");
      line.append(link);
      place.append(line);
    });
    place.hidden = proof.parts.length === 0;
  }

  var kept = document.getElementById("proof-data");
  if (kept) {
    run(function () {
      var proof = JSON.parse(kept.textContent);
      reveal(proof);
      return proof;
    });
    return;
  }
  box.querySelector("button").addEventListener("click", function () {
    run(async function () {
      var answer = await fetch(box.dataset.from, { credentials: "same-origin", cache: "no-store" });
      if (!answer.ok) { throw new Error(String(answer.status)); }
      return answer.json();
    });
  });
}());
