// Small helpers: elements, the API.

export const byId = (id) => document.getElementById(id);

/** An element: `el("b", { class: "x" }, "text", child)`. */
export function el(name, attributes = {}, ...children) {
  const svg = ["svg", "path", "line", "text", "rect", "g", "title", "circle"].includes(name);
  const element = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) {
      element.addEventListener(key.slice(2), value);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Says something to everybody, also to those who do not see it. */
export function say(text, bad = false) {
  const said = byId("said");
  said.textContent = text;
  said.className = bad ? "bad" : "";
}

async function answer(response) {
  const text = await response.text();
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    body = { error: { message: text } };
  }
  if (!response.ok) {
    throw new Error(body.error?.message ?? `${response.status}`);
  }
  return body;
}

export const read = async (path, signal) => answer(await fetch(`api/${path}`, { signal }));

export async function send(path, body) {
  const headers = { "content-type": "application/json" };
  return answer(await fetch(`api/${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** Does something and says what went wrong. */
export async function attempt(what, work) {
  try {
    const result = await work();
    say(what);
    return result;
  } catch (error) {
    say(`${what}: ${error.message}`, true);
    return undefined;
  }
}

export const day = (time) => (time ? time.slice(0, 10) : "");
