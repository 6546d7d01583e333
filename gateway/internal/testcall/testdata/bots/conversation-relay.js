// A text bot for ConversationRelay as its users write them: it checks the
// signature with the vendor's library, repeats what the caller says token by token,
// and on the key 0 hands the caller over.
//
//   node conversation-relay.js KEY
//
// Its first line is the address; then it prints what the platform tells it.
const http = require("node:http");
const { validateRequest } = require("twilio");
const { WebSocketServer } = require("ws");

const [key] = process.argv.slice(2);
const server = http.createServer((_, res) => res.writeHead(404).end());
const sessions = new WebSocketServer({ noServer: true });

server.on("upgrade", (req, socket, head) => {
  const url = `ws://127.0.0.1:${server.address().port}${req.url}`;
  if (!validateRequest(key, req.headers["x-twilio-signature"] ?? "", url, {})) {
    socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  sessions.handleUpgrade(req, socket, head, (ws) => serve(ws));
});

function serve(ws) {
  const send = (message) => ws.send(JSON.stringify(message));
  const say = (text) => {
    const tokens = text.split(/(?<= )/);
    tokens.forEach((token, i) =>
      send({ type: "text", token, last: i === tokens.length - 1, interruptible: true }));
  };
  ws.on("message", (data) => {
    const message = JSON.parse(data);
    console.log(JSON.stringify(message));
    switch (message.type) {
      case "prompt":
        say(`You said ${message.voicePrompt}`);
        break;
      case "dtmf":
        say("One moment, I am looking for somebody.");
        send({ type: "end", handoffData: JSON.stringify({ reasonCode: "live-agent-handoff", reason: "key" }) });
        break;
    }
  });
  ws.on("close", (code) => console.log(JSON.stringify({ closed: code })));
}

server.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${server.address().port}`));
