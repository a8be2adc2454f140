// --- asking the server: with its token where it has one (it comes behind # in the address, which is never sent)
const PREFIX = "#token=";
if (location.hash.startsWith(PREFIX)) {
  sessionStorage.setItem("token", decodeURIComponent(location.hash.slice(PREFIX.length)));
  history.replaceState(null, "", location.pathname);
}

// → the answer; throws an Error in the server's words, with `status` (0: no answer at all).
export async function ask(path, body) {
  const token = sessionStorage.getItem("token"), headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method: body === undefined ? "GET" : "POST", headers, body: body && JSON.stringify(body) });
  } catch {
    throw Object.assign(new Error("The server does not answer. Is `photoplanet play` still running?"), { status: 0 });
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw Object.assign(new Error(problem.detail || `The server answered ${response.status}.`), { status: response.status });
}
export const askJson = async (path, body) => (await ask(path, body)).json();
