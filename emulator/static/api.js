// The page's requests to the carrier.

export async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The carrier does not answer. Is it still running?");
  }
  const result = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(result.problem ?? `The carrier answered ${answer.status}.`);
  return result;
}

// Follows the stream of news; the browser itself connects again when it breaks.
export function follow(onNews, onLink) {
  const stream = new EventSource("/phone/stream");
  stream.onopen = () => onLink(true);
  stream.onerror = () => {
    onLink(false);
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => follow(onNews, onLink), 2000);
  };
  stream.onmessage = (event) => onNews(JSON.parse(event.data));
}
