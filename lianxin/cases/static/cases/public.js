/* Conveniences for residents; every page does its work without this file. A draft stays on this phone, in its own browser, until it
   is sent or deleted; it is sent once: its key was made with the page, and the house answers the same key with the same receipt. */
"use strict";
{
  const STORE = "lianxin-draft";
  const OLDEST = 30 * 24 * 3600 * 1000;
  const keep = (draft) => { try { localStorage.setItem(STORE, JSON.stringify(draft)); } catch { /* full or forbidden: then there is none */ } };
  const forget = () => { try { localStorage.removeItem(STORE); } catch { /* likewise */ } };
  const kept = () => {
    try {
      const draft = JSON.parse(localStorage.getItem(STORE));
      if (draft && Date.now() - draft.at < OLDEST) return draft;
    } catch { /* unreadable */ }
    forget();
    return null;
  };

  /* --- the report --- */
  const form = document.getElementById("report");
  const bar = document.getElementById("draft");
  const FIELDS = ["text", "danger", "spot", "phone", "about"];
  const tell = (what) => { if (bar) { bar.firstElementChild.textContent = bar.dataset[what]; bar.hidden = false; } };

  /* What waits is read at the moment of sending: from the form on this page, so that what was changed meanwhile goes along; elsewhere
     from what is kept. The key stays the same: had an earlier attempt arrived after all, the house shows both. Photos are too large to
     keep: they wait while the page is open. A phone number is kept from Send on only: what it was pressed on arrives whole. */
  let waits = false;
  let pressed = []; /* what goes along beside the form's fields: its button, and what a flooded house asked for */
  let busy = false;
  let timer = 0;
  const words = (body) => [...body].filter(([, value]) => typeof value === "string");
  const toBody = (fields) => { const body = new FormData(); for (const [name, value] of fields) body.set(name, value); return body; };
  const newest = () => {
    if (form) return toBody([...words(new FormData(form)), ...pressed]);
    const draft = kept();
    return draft?.waiting ? toBody(draft.fields) : null;
  };
  const photos = () => [...(form?.elements.namedItem("photos")?.files || [])];
  const save = () => {
    const fields = words(newest());
    keep(waits ? { at: Date.now(), waiting: true, action: form.action, fields } : { at: Date.now(), fields: fields.filter(([name]) => name !== "phone") });
  };
  const later = (seconds) => { clearTimeout(timer); timer = setTimeout(send, seconds * 1000); };
  addEventListener("online", () => send());

  /* The page itself is to show what came of it: something to read, or to mend. The key is the same, so it is saved once. */
  function show(action) {
    const body = newest();
    waits = false;
    if (!body) return;
    keep({ at: Date.now(), waiting: false, action, fields: words(body) });
    const page = form || Object.assign(document.createElement("form"), { method: "post", action, hidden: true });
    const added = (form ? pressed : words(body)).map(([name, value]) => Object.assign(document.createElement("textarea"), { name, value, hidden: true }));
    page.append(...added);
    if (!form) document.body.append(page);
    page.submit();
    for (const field of added) field.remove(); /* whoever comes back presses a button of their own */
  }

  async function send() {
    if (busy || !waits) return;
    clearTimeout(timer);
    const body = newest();
    if (!body) { waits = false; return; } /* sent, or deleted, in another window */
    const action = form ? form.action : kept().action;
    const chosen = photos();
    const told = (said, files) => JSON.stringify([words(said), files.map((photo) => [photo.name, photo.size, photo.lastModified])]);
    const sent = told(body, chosen);
    const unchanged = () => { const now = newest(); return !now || told(now, photos()) === sent; };
    busy = true;
    tell("sending");
    try {
      for (const photo of await Promise.all(chosen.map(once))) body.append("photos", photo);
      const answer = await fetch(action, { method: "POST", body, credentials: "same-origin" });
      if (!waits) return; /* deleted meanwhile */
      if (answer.status === 429 || answer.status === 503) {
        tell("busy");
        const asked = answer.status === 429 ? await window.later(answer) : [];
        if (form) {
          pressed = [...pressed.filter(([name]) => !asked.some(([other]) => other === name)), ...asked];
          save();
        } else {
          const draft = kept();
          if (draft) keep({ ...draft, fields: words(toBody([...draft.fields, ...asked])) });
        }
        later(asked.some(([name]) => name === "altcha") ? 1 : Number(answer.headers.get("Retry-After")) || 15);
      } else if (answer.redirected && unchanged()) {
        waits = false;
        forget();
        location.assign(answer.url);
      } else {
        show(action);
      }
    } catch {
      tell("waiting");
      later(30);
    } finally {
      busy = false;
    }
  }

  /* A photo of five megabytes says no more than one of three hundred kilobytes, and takes a minute on a weak network. */
  async function smaller(file) {
    try {
      if (file.size < 400_000 || !file.type.startsWith("image/")) return file;
      const image = await createImageBitmap(file);
      const scale = Math.min(1, 1600 / Math.max(image.width, image.height));
      const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      const drawn = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.82); });
      return drawn && drawn.size < file.size ? new File([drawn], "photo.jpg", { type: "image/jpeg" }) : file;
    } catch {
      return file; /* a format this browser cannot draw: the house can */
    }
  }

  const made = new WeakMap(); /* sent once more, a photo is to be the same to the last byte */
  const once = (file) => { if (!made.has(file)) made.set(file, smaller(file)); return made.get(file); };

  if (form) {
    const input = (name) => form.elements.namedItem(name);
    const draft = kept();
    const old = new Map(draft?.fields);
    const here = old.get("place") === input("place").value;
    const text = new FormData(form).get("text").trim();
    const goesOn = draft?.waiting && here && text === (old.get("text") || "").trim(); /* reloaded: a browser fills in the words, not the key */
    if (draft && (!text || goesOn) && !form.classList.contains("wrong")) {
      for (const name of FIELDS) {
        const field = input(name);
        if (!field || !old.get(name)) continue;
        field.value = old.get(name);
      }
      if (here) input("sending").value = old.get("sending") || input("sending").value;
      if (old.get("text")) tell("restored");
      if (draft.waiting && here) {
        for (const name of ["code", "checked"]) input(name).value = old.get(name) || input(name).value;
        pressed = draft.fields.filter(([name]) => !input(name));
        waits = true;
        send();
      }
    }
    bar?.querySelector("button").addEventListener("click", () => {
      forget();
      waits = false;
      clearTimeout(timer);
      form.reset();
      for (const name of FIELDS) { const field = input(name); if (field && name !== "danger") field.value = ""; }
      delete form.dataset.changed;
      location.assign(form.action);
    });

    let typing = 0;
    form.addEventListener("input", () => {
      save();
      clearTimeout(typing);
      typing = setTimeout(similar, 700);
    });
    document.addEventListener("input", () => { delete form.dataset.changed; }); /* it is kept: leaving loses nothing */
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (button && ["choose", "edit"].includes(button.name)) return;
      event.preventDefault();
      waits = true;
      pressed = button?.name ? [[button.name, button.value]] : [];
      save();
      button?.setAttribute("aria-busy", "true");
      send().finally(() => button?.removeAttribute("aria-busy"));
    });

    const place = document.getElementById("alike");
    let asked = "";
    async function similar() {
      const text = form.elements.text.value.trim();
      const [danger, about] = [input("danger")?.value || "", input("about")?.value || ""];
      const asks = [text, danger, about].join("\n");
      if (text.length < 6 || asks === asked || !navigator.onLine) return;
      asked = asks;
      const body = new FormData();
      for (const [name, value] of [["place", input("place").value], ["text", text.slice(0, 1000)], ["danger", danger], ["about", about]]) body.append(name, value);
      try {
        const answer = await fetch(form.dataset.similar, { method: "POST", body });
        if (!answer.ok || asks !== asked) return;
        const shown = await answer.text();
        if (place.innerHTML.trim() !== shown.trim()) place.innerHTML = shown;
        input("checked").value = shown.trim() ? "1" : "";
      } catch { /* no network: they are shown when it is sent */ }
    }
  }

  /* On any other page of residents: what waits is sent. */
  if (!form && kept()?.waiting && !document.querySelector("[data-fresh]")) { waits = true; send(); }

  /* --- the receipt --- */
  /* What was refused answers a form. Going back to it later, or reloading it, is to ask how things stand, not to send that form again. */
  const refused = document.querySelector("[data-asked-at]");
  if (refused) history.replaceState(null, "", refused.dataset.askedAt);
  if (document.querySelector("[data-fresh]")) forget();
  const lookUp = document.getElementById("look-up");
  const byCode = () => {
    if (!lookUp || location.hash.length < 24) return;
    lookUp.elements.receipt.value = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
    lookUp.submit();
  };
  addEventListener("hashchange", byCode);
  byCode();
  for (const button of document.querySelectorAll("[data-picture]")) {
    button.hidden = false;
    button.addEventListener("click", () => picture(button.dataset));
  }

  /* The receipt as a picture of its own, drawn here: nothing is sent anywhere. */
  function picture({ picture: signs, title, place }) {
    const code = document.querySelector(".ticket svg").cloneNode(true);
    const [width, side] = [720, 420];
    code.setAttribute("width", side);
    code.setAttribute("height", side);
    const image = new Image();
    image.addEventListener("load", () => {
      const canvas = Object.assign(document.createElement("canvas"), { width, height: 780 });
      const pen = canvas.getContext("2d");
      const write = (text, y, font, colour = "#1f2328") => { pen.font = font; pen.fillStyle = colour; pen.fillText(text, width / 2, y, width - 40); };
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.textAlign = "center";
      write(title, 60, "600 36px system-ui, sans-serif");
      write(place, 105, "26px system-ui, sans-serif", "#575d64");
      pen.drawImage(image, (width - side) / 2, 130, side, side);
      const groups = signs.split("-");
      write(groups.slice(0, 3).join(" - "), 625, "600 44px ui-monospace, monospace");
      write(groups.slice(3).join(" - "), 685, "600 44px ui-monospace, monospace");
      write(location.host, 745, "24px system-ui, sans-serif", "#575d64");
      const link = document.createElement("a");
      link.download = `${title}-${groups[0]}.png`;
      link.href = canvas.toDataURL("image/png");
      link.click();
    });
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(code))}`;
  }
}
