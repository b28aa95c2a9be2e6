/* “In a moment”: counts down, does the arithmetic that was asked for, and sends again. Without this file the button does it.
   `window.later(answer)` gives the fields (name, value) with which a page that sends by itself sends again. */
"use strict";
{
  const K = new Uint32Array(64), START = new Uint32Array(8);
  for (let found = 0, n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (!prime) continue;
    if (found < 8) START[found] = (Math.sqrt(n) % 1) * 4294967296;
    K[found++] = (Math.cbrt(n) % 1) * 4294967296;
  }
  const W = new Uint32Array(64);

  /* SHA-256 of an ASCII text; the browser's own is there over https only. */
  function sha256(text) {
    const bytes = new Uint8Array(((text.length + 72) >> 6) << 6);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    bytes[text.length] = 128;
    new DataView(bytes.buffer).setUint32(bytes.length - 4, text.length * 8);
    const view = new DataView(bytes.buffer), hash = START.slice();
    for (let at = 0; at < bytes.length; at += 64) {
      for (let i = 0; i < 16; i++) W[i] = view.getUint32(at + i * 4);
      for (let i = 16; i < 64; i++) {
        const x = W[i - 15], y = W[i - 2];
        W[i] = W[i - 16] + W[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
      }
      let [a, b, c, d, e, f, g, h] = hash;
      for (let i = 0; i < 64; i++) {
        const one = (h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + W[i]) | 0;
        const two = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c)) | 0;
        h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
      }
      [a, b, c, d, e, f, g, h].forEach((word, i) => { hash[i] += word; });
    }
    return [...hash].map((word) => word.toString(16).padStart(8, "0")).join("");
  }

  /* A few hundred at a time, so that the page stays alive. */
  function solve(asked) {
    return new Promise((done) => {
      let number = 0;
      const some = () => {
        for (const most = number + 400; number < most; number++) {
          if (sha256(asked.salt + number) === asked.challenge) {
            const { algorithm, challenge, salt, signature } = asked;
            return done(btoa(JSON.stringify({ algorithm, challenge, number, salt, signature })));
          }
          if (number > asked.maxNumber) return done("");
        }
        setTimeout(some);
      };
      some();
    });
  }

  window.later = async (answer) => {
    const fields = [["ticket", answer.headers.get("Later-Ticket") || ""]];
    const asked = answer.headers.get("Later-Challenge");
    if (asked) fields.push(["altcha", await solve(JSON.parse(asked))]);
    return fields;
  };

  const form = document.getElementById("later");
  if (form) {
    const send = () => form.submit();
    if (form.dataset.challenge) {
      solve(JSON.parse(form.dataset.challenge)).then((value) => {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "altcha", value }));
        setTimeout(send, 500);
      });
    } else {
      setTimeout(send, Number(form.dataset.seconds) * 1000);
    }
  }
}
