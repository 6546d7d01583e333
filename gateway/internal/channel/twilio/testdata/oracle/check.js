// Asks the vendor's library about every vector of the file named as the first
// argument and prints {"tw-a01": true, ...}.
const fs = require("node:fs");
const { validateRequest, validateRequestWithBody } = require("twilio");

function verdict({ config, request }) {
  const header = (name) =>
    request.headers.filter(([n]) => n.toLowerCase() === name).map(([, v]) => v).join(", ");
  const upgrade = header("upgrade") === "websocket";
  const base = upgrade ? config.public_base_url.replace(/^http/, "ws") : config.public_base_url;
  const url = base + request.target;
  const signature = header("x-twilio-signature");
  const form = {};
  if (request.method === "POST" && header("content-type") === "application/x-www-form-urlencoded") {
    for (const [name, value] of new URLSearchParams(request.body)) {
      form[name] = name in form ? [form[name], value].flat() : value;
    }
  }
  return config.auth_tokens.some((token) =>
    header("content-type") === "application/json"
      ? validateRequestWithBody(token, signature, url, request.body)
      : validateRequest(token, signature, url, form),
  );
}

const vectors = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
console.log(JSON.stringify(Object.fromEntries(vectors.map((v) => [v.id, verdict(v)]))));
