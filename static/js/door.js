/* Wishes written down at the door: kept in this browser until the site has them, each sent with a key of its own. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-kept]");
  if (!form || !window.fetch || !window.FormData || !window.URL || !window.crypto) return;
  try { localStorage.setItem("door-wishes-try", ""); localStorage.removeItem("door-wishes-try"); } catch (error) { return; }

  var PREFIX = "door-wishes:", mine = PREFIX + form.dataset.kept, draft = mine + ":draft";
  var kept = Number(form.dataset.days) * 864e5;
  var box = document.getElementById("unsent"), sent = document.getElementById("sent");
  var working = false;

  function read(name) {
    try { return JSON.parse(localStorage.getItem(name)) || null; } catch (error) { return null; }
  }
  function rows() { return read(mine) || []; }
  function write(list) {
    try { localStorage.setItem(mine, JSON.stringify(list)); return true; } catch (error) { return false; }
  }
  function newKey() {
    var bytes = crypto.getRandomValues(new Uint8Array(16)), hex = "";
    bytes.forEach(function (byte) { hex += (byte + 256).toString(16).slice(1); });
    return hex;
  }

  /* What is too old is nobody's any more, whoever wrote it in this browser. */
  Object.keys(localStorage).forEach(function (name) {
    if (name.indexOf(PREFIX) !== 0) return;
    var found = read(name), fresh = function (row) { return Date.now() - row.at < kept; };
    if (Array.isArray(found) && found.some(fresh)) localStorage.setItem(name, JSON.stringify(found.filter(fresh)));
    else if (!found || Array.isArray(found) || !fresh(found)) localStorage.removeItem(name);
  });

  function typed() {
    var said = {};
    form.querySelectorAll("input, textarea, select").forEach(function (field) {
      if (!field.name || field.type === "hidden" || field.type === "file" || field.name === "kept_file") return;
      if (field.type === "checkbox") { if (field.checked) said[field.name] = "on"; } else said[field.name] = field.value;
    });
    return said;
  }
  function fill(said) {
    form.querySelectorAll("input, textarea, select").forEach(function (field) {
      if (!field.name || field.type === "hidden" || field.type === "file" || field.name === "kept_file") return;
      if (field.type === "checkbox") field.checked = field.name in said; else field.value = said[field.name] || "";
    });
  }

  /* While it is typed: a phone that throws the page away loses nothing. */
  var before = read(draft), group = (before && before.photos) || newKey();
  function keepDraft() {
    try { localStorage.setItem(draft, JSON.stringify({ at: Date.now(), said: typed(), photos: group })); } catch (error) { /* full */ }
  }
  form.addEventListener("input", keepDraft);
  if (before && !form.querySelector("[aria-invalid=true]")) fill(before.said);

  /* Photos are too large for what keeps words: they lie in a database of the browser's, each of a group that the words
     name. A browser without one sends them with the form, as without this file. */
  var taken = form.querySelector("ul.taken"), LONGEST = 1600, shrinking = Promise.resolve(), hasStore = false, hasRoom = true;
  var store = new Promise(function (done) {
    var asked;
    try { asked = indexedDB.open("door-wishes", 1); } catch (error) { done(null); return; }
    asked.onupgradeneeded = function () {
      asked.result.createObjectStore("photos", { keyPath: "id" }).createIndex("group", "group");
    };
    asked.onsuccess = function () { hasStore = true; done(asked.result); };
    asked.onerror = asked.onblocked = function () { done(null); };
  });
  function inStore(mode, ask) {
    return store.then(function (database) {
      if (!database) return [];
      return new Promise(function (done, failed) {
        var work = database.transaction("photos", mode), asked = ask(work.objectStore("photos"));
        work.oncomplete = function () { done(asked ? asked.result : null); };
        work.onerror = work.onabort = function () { failed(work.error); };
      });
    });
  }
  function photosOf(name) {
    return inStore("readonly", function (photos) { return photos.index("group").getAll(name); }).then(function (found) {
      return found.sort(function (one, other) { return one.at - other.at; });
    }, function () { return []; });
  }
  function dropPhotos(found) {
    return inStore("readwrite", function (photos) { found.forEach(function (photo) { photos.delete(photo.id); }); });
  }
  inStore("readonly", function (photos) { return photos.getAll(); }).then(function (all) {
    return dropPhotos(all.filter(function (photo) { return Date.now() - photo.at >= kept; }));
  }).catch(function () { /* they wait for another day */ });

  /* As a page needs it, without what a phone writes into its files; what no browser draws goes as it is. */
  function drawn(picture, longest) {
    var part = Math.min(1, longest / Math.max(picture.width, picture.height)), canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * part));
    canvas.height = Math.max(1, Math.round(picture.height * part));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas;
  }
  function opened(file) {
    if (!window.createImageBitmap) return Promise.reject();
    return createImageBitmap(file, { imageOrientation: "from-image" });
  }
  function smaller(file) {
    return opened(file).then(function (picture) {
      return new Promise(function (done) {
        drawn(picture, LONGEST).toBlob(function (blob) { done(blob && blob.size < file.size ? blob : file); }, "image/jpeg", .8);
      });
    }, function () { return file; });
  }
  function showTaken() {
    return photosOf(group).then(function (found) {
      taken.textContent = "";
      taken.hidden = !found.length;
      found.forEach(function (photo) {
        var item = document.createElement("li"), drop = document.createElement("button");
        opened(photo.blob).then(function (picture) { item.prepend(drawn(picture, 160)); }, function () { item.prepend(photo.name + " "); });
        drop.type = "button";
        drop.className = "second";
        drop.textContent = form.dataset.drop;
        drop.setAttribute("aria-label", form.dataset.drop + " " + photo.name);
        drop.addEventListener("click", function () { dropPhotos([photo]).then(showTaken); });
        item.append(drop);
        taken.append(item);
      });
    });
  }
  form.addEventListener("change", function (event) {
    var field = event.target;
    if (field.type !== "file" || !field.files.length || !hasStore) return;
    var files = Array.prototype.slice.call(field.files), of = group, at = Date.now();
    keepDraft();
    shrinking = shrinking.then(function () { return Promise.all(files.map(smaller)); }).then(function (blobs) {
      return inStore("readwrite", function (photos) {
        blobs.forEach(function (blob, number) {
          photos.put({ id: newKey(), group: of, at: at + number, blob: blob, name: files[number].name });
        });
      });
    }).then(function () { field.value = ""; return showTaken(); }, function () { hasRoom = false; }); /* they stay in the form */
  });

  function draw() {
    var list = rows(), items = box.querySelector("ul");
    box.hidden = !list.length;
    items.textContent = "";
    list.forEach(function (row) {
      var item = document.createElement("li"), change = document.createElement("button");
      item.textContent = row.said.door + " " + row.said.text + (row.why ? " · " + row.why : "") + " ";
      change.type = "button";
      change.className = "second";
      change.textContent = form.dataset.change;
      change.addEventListener("click", function () {
        forget(row.key);
        group = row.photos || newKey();
        fill(row.said);
        keepDraft();
        showTaken();
        draw();
        form.querySelector("input:not([type=hidden])").focus();
      });
      photosOf(row.photos || "").then(function (found) { if (found.length) change.before(found.length + " " + form.dataset.photos + " "); });
      item.append(change);
      items.append(item);
    });
  }
  function forget(key) { write(rows().filter(function (row) { return row.key !== key; })); }
  function note(key, why) {
    write(rows().map(function (row) { if (row.key === key) row.why = why; return row; }));
  }

  /* One after the other; the same key again is the same wish, however often its answer was lost on the way. */
  function send(key) {
    var row = rows().filter(function (each) { return each.key === key; })[0];
    if (!row) return Promise.resolve();
    note(key, "");
    draw();
    var body = new FormData(form), stop = window.AbortController ? new AbortController() : null, late, photos = [];
    Object.keys(typed()).concat(["urgent", "photos", "kept_file", "shown_file"]).forEach(function (name) { body.delete(name); });
    Object.keys(row.said).forEach(function (name) { body.append(name, row.said[name]); });
    body.set("form_key", row.key);
    return shrinking.then(function () { return photosOf(row.photos || ""); })
      .then(function (found) {
        photos = found;
        found.forEach(function (photo) { body.append("photos", photo.blob, photo.name || "photo.jpg"); });
        late = setTimeout(function () { if (stop) stop.abort(); }, found.length ? 90000 : 20000);
        return fetch(location.pathname, { method: "POST", body: body, credentials: "same-origin", signal: stop ? stop.signal : undefined });
      })
      .then(function (answer) {
        var at = new URL(answer.url), number = at.searchParams.get("sent");
        if (answer.ok && at.pathname === location.pathname && number) {
          forget(key);
          dropPhotos(photos).catch(function () { /* gone with their days */ });
          sent.hidden = false;
          sent.querySelector("b").textContent = number;
          return null;
        }
        if (answer.ok || answer.status === 403) { note(key, form.dataset.signIn); return null; }
        return answer.text().then(function (page) {
          var errors = new DOMParser().parseFromString(page, "text/html").querySelector(".errors");
          note(key, errors ? errors.textContent.replace(/\s+/g, " ").trim() : form.dataset.noSignal);
        });
      }, function () { note(key, form.dataset.noSignal); })
      .then(function () { clearTimeout(late); draw(); });
  }
  function sendAll(keys) {
    if (working) return;
    working = true;
    keys.reduce(function (after, key) { return after.then(function () { return send(key); }); }, Promise.resolve())
      .then(function () { working = false; });
  }

  form.addEventListener("submit", function (event) {
    var row = { key: newKey(), at: Date.now(), said: typed(), photos: group };
    var inForm = Array.prototype.some.call(form.querySelectorAll("input[type=file]"), function (field) { return field.files.length; });
    if ((inForm && !(hasStore && hasRoom)) || form.querySelector("[name=kept_file]:checked")) return; /* they go with the form */
    if (!row.said.door.trim() || !row.said.text.trim() || !write(rows().concat([row]))) return; /* the site says what is missing */
    event.preventDefault();
    event.stopPropagation();
    group = newKey();
    localStorage.removeItem(draft);
    fill({ category: row.said.category });
    showTaken();
    draw();
    sendAll([row.key]);
  });
  box.querySelector("button").addEventListener("click", function () {
    sendAll(rows().map(function (row) { return row.key; }));
  });
  showTaken();
  draw();
})();
