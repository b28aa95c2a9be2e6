/* While a problem is recorded: which matter it may be, and whether it is open nearby. A convenience; the form does without it. */
"use strict";
{
  const place = document.getElementById("suggested");
  const form = place?.closest("form");
  const [text, item, where] = ["text", "item", "place"].map((name) => form?.elements.namedItem(name));
  if (text && where) {
    let timer = 0;
    let asked = "";
    const ask = async () => {
      const said = text.value.trim();
      const both = `${where.value} ${said}`;
      if (said.length < 4 || both === asked) return;
      asked = both;
      const body = new FormData();
      body.append("text", said.slice(0, 2000));
      body.append("place", where.value);
      body.append("csrfmiddlewaretoken", form.elements.namedItem("csrfmiddlewaretoken").value);
      try {
        const answer = await fetch(place.dataset.address, { method: "POST", body, credentials: "same-origin" });
        if (answer.ok && both === asked) place.innerHTML = await answer.text();
      } catch { /* no network: the list is there */ }
    };
    const soon = () => { clearTimeout(timer); timer = setTimeout(ask, 700); };
    text.addEventListener("input", soon);
    where.addEventListener("change", soon);
    place.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-item]");
      if (!chosen || !item) return;
      item.value = chosen.dataset.item;
      item.focus();
    });
    ask();
  }
}
