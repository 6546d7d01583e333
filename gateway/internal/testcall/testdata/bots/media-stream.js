// A bot for Twilio Media Streams as its users write them: it checks the
// signature with the vendor's library, greets, says again what the caller says,
// and on the key 1 stops talking, says goodbye and closes the stream.
//
//   node media-stream.js KEY GREETING.ulaw GOODBYE.ulaw
//
// Its first line is the address; then it prints what Twilio tells it.
const fs = require("node:fs");
const http = require("node:http");
const { validateRequest } = require("twilio");
const { WebSocketServer } = require("ws");

const [key, greeting, goodbye] = process.argv.slice(2);
const print = (value) => console.log(JSON.stringify(value));
const server = http.createServer((_, res) => res.writeHead(404).end());
const streams = new WebSocketServer({ noServer: true });

server.on("upgrade", (req, socket, head) => {
  const url = `ws://127.0.0.1:${server.address().port}${req.url}`;
  if (!validateRequest(key, req.headers["x-twilio-signature"] ?? "", url, {})) {
    socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  streams.handleUpgrade(req, socket, head, (ws) => serve(ws));
});

// loud tells speech from silence: the magnitude of µ-law is in its low bits, inverted.
const loud = (audio) => audio.reduce((sum, b) => sum + (~b & 0x7f), 0) / audio.length > 32;

function serve(ws) {
  let streamSid, said = [], quiet = 0, speaking = false;
  const send = (event, more) => ws.send(JSON.stringify({ event, streamSid, ...more }));
  const say = (audio, name) => {
    for (let at = 0; at < audio.length; at += 4000) {
      send("media", { media: { payload: audio.subarray(at, at + 4000).toString("base64") } });
    }
    send("mark", { mark: { name } });
  };
  const hear = (audio) => {
    if (loud(audio)) {
      speaking = true;
      quiet = 0;
    } else {
      quiet++;
    }
    said.push(audio);
    if (!speaking) said = said.slice(-20);
    if (speaking && quiet === 40) {
      say(Buffer.concat(said), "echo");
      said = [];
      speaking = false;
    }
  };
  ws.on("message", (data, binary) => {
    const message = JSON.parse(data);
    if (binary) print({ error: "binary" });
    switch (message.event) {
      case "start":
        streamSid = message.streamSid;
        print(message);
        say(fs.readFileSync(greeting), "greeting");
        break;
      case "media":
        hear(Buffer.from(message.media.payload, "base64"));
        break;
      case "dtmf":
        print(message);
        send("clear");
        say(fs.readFileSync(goodbye), "goodbye");
        break;
      case "mark":
        print(message);
        if (message.mark.name === "goodbye") ws.close(1000);
        break;
      default:
        print(message);
    }
  });
  ws.on("close", (code) => print({ closed: code }));
}

server.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${server.address().port}`));
