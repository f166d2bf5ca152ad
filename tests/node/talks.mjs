// OpenAI's client for JavaScript holds the talks of tests/test_sandbox_with_openai_js.py with a
// sandbox, each in a session of its own, and prints what it met as one JSON object.
//
//   node talks.mjs ga|beta PORT

import net from "node:net";
import OpenAI from "openai";
import { OpenAIRealtimeWS as BetaClient } from "openai/beta/realtime/ws";
import { OpenAIRealtimeWS as GaClient } from "openai/realtime/ws";

const [dialect, port] = process.argv.slice(2);
const Client = dialect === "beta" ? BetaClient : GaClient;
const streams = dialect === "beta" ? "response." : "response.output_";
const TEXT = dialect === "beta" ? { modalities: ["text"] } : { output_modalities: ["text"] };
const VOICE = dialect === "beta" ? { voice: "sage" } : { audio: { output: { voice: "sage" } } };

/** A session: the events that came, and a way to wait for more of them. */
class Session {
  constructor(key = "sk-rehearsal") {
    const client = new OpenAI({ apiKey: key, baseURL: `https://127.0.0.1:${port}/v1` });
    // The client insists on TLS, which a sandbox on this machine has no use for.
    const options = { createConnection: () => net.connect(Number(port), "127.0.0.1") };
    this.events = [];
    this.errors = [];
    this.waiting = [];
    this.rt = new Client({ model: "gpt-realtime", options }, client);
    this.rt.on("error", (error) => this.errors.push(error));
    this.rt.on("event", (event) => {
      this.events.push(event);
      this.waiting = this.waiting.filter((wake) => !wake());
    });
    this.closed = new Promise((done) => {
      this.rt.socket.on("close", (code, reason) => done({ code, reason: String(reason) }));
    });
  }

  /** The events from `start` up to the first of a type. */
  until(type, start = 0) {
    return new Promise((done) => {
      const wake = () => {
        const end = this.events.findIndex((event, at) => at >= start && event.type === type);
        if (end >= 0) done(this.events.slice(start, end + 1));
        return end >= 0;
      };
      if (!wake()) this.waiting.push(wake);
    });
  }

  async ask(event, type = "rate_limits.updated") {
    const start = this.events.length;
    this.rt.send(event);
    return this.until(type, start);
  }

  respond(params) {
    return this.ask({ type: "response.create", response: params });
  }
}

const userSays = (text) => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});
const types = (events) => [...new Set(events.map((event) => event.type))];
const joined = (events, stream) =>
  events
    .filter((event) => event.type === `${streams}${stream}.delta`)
    .map((event) => event.delta)
    .join("");
const response = (events) => events.find((event) => event.type === "response.done").response;

const talks = {
  async text(session) {
    const item = userSays("Are you there?");
    session.rt.send({ type: "conversation.item.create", item });
    const events = await session.respond({ ...TEXT, instructions: "Hush." });
    const { status, output, usage } = response(events);
    const said = joined(events, "text");
    return { types: types(events), said, whole: output[0].content[0].text, status, usage };
  },

  async audio(session) {
    const events = await session.respond(VOICE);
    const chunks = events.filter((event) => event.type === `${streams}audio.delta`);
    const bytes = chunks.reduce((sum, { delta }) => sum + Buffer.from(delta, "base64").length, 0);
    const said = joined(events, "audio_transcript");
    const { transcript } = response(events).output[0].content[0];
    return { types: types(events), seconds: bytes / 48_000, said, transcript };
  },

  async call(session) {
    const parameters = {
      type: "object",
      properties: { town: { type: "string" } },
      required: ["town"],
    };
    const tool = { type: "function", name: "weather", parameters };
    const events = await session.respond({ tools: [tool], tool_choice: "required" });
    const done = events.find(({ type }) => type === "response.function_call_arguments.done");
    const output = { type: "function_call_output", call_id: done.call_id, output: "Rain" };
    session.rt.send({ type: "conversation.item.create", item: output });
    const said = joined(await session.respond(TEXT), "text");
    return { types: types(events), name: done.name, arguments: JSON.parse(done.arguments), said };
  },

  async out_of_band(session) {
    const events = await session.respond({
      ...TEXT,
      conversation: "none",
      metadata: { topic: "way" },
      input: [userSays("Which way is north?")],
    });
    const { metadata, conversation_id } = response(events);
    const after = joined(await session.respond(TEXT), "text");
    return { types: types(events), metadata, conversation_id, said: joined(events, "text"), after };
  },

  async cancel(session) {
    const params = { ...TEXT, metadata: { sandbox: "silence" } };
    const event = { type: "response.create", response: params };
    await session.ask(event, "response.output_item.done");
    const events = await session.ask({ type: "response.cancel" });
    const { status, status_details } = response(events);
    const [error] = await session.ask({ type: "response.cancel" }, "error");
    return { status, details: status_details, code: error.error.code };
  },

  async error(session) {
    const foreign = dialect === "beta" ? { reasoning: {} } : { temperature: 1 };
    const event = { type: "response.create", event_id: "mine", response: foreign };
    await session.ask(event, "error");
    const { name, error } = session.errors[0];
    const { status } = response(await session.respond(TEXT));
    return { name, error, status };
  },
};

const met = {};
for (const [name, talk] of Object.entries(talks)) {
  const session = new Session();
  const [opening] = await session.until("session.created");
  met[name] = { opening: opening.session, ...(await talk(session)) };
  met[name].mishaps = session.errors.map(({ message }) => message);
  session.rt.close();
  met[name].closed = await session.closed;
}
const refused = new Session("sk-invalid");
met.refused = { closed: await refused.closed, errors: refused.errors.map(({ error }) => error) };
console.log(JSON.stringify(met));
