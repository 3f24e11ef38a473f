/// A mail server for tests: says `listening <port>`, then one JSON line per mail it takes. What it does besides is told to it on its
/// standard input, one JSON line each: {"refuse": {"address": code}}, {"hold": true}, {"drop": true}. Ends with its input.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { SMTPServer } from 'smtp-server';

const [security = 'plain', key, cert] = process.argv.slice(2);
let mood = {};
/** Mails that are held: what ends their waiting. */
let held = [];
/** Everybody who is connected. */
const sockets = new Set();

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

function refusal(code) {
  const error = new Error(code >= 500 ? 'no such mailbox here' : 'greylisted, come back later');
  error.responseCode = code;
  return error;
}

const server = new SMTPServer({
  secure: security === 'tls',
  key: key && readFileSync(key),
  cert: cert && readFileSync(cert),
  authOptional: true,
  hideSTARTTLS: security === 'plain',
  disabledCommands: security === 'starttls' ? ['AUTH'] : [],
  logger: false,
  onRcptTo({ address }, session, done) {
    if (security === 'starttls' && !session.secure) return done(refusal(530));
    const code = mood.refuse?.[address];
    // Of each kind of refusal one is remembered, so that greylisting can end.
    if (code) say({ refused: address, code });
    done(code ? refusal(code) : undefined);
  },
  onData(stream, session, done) {
    let text = '';
    stream.setEncoding('utf8');
    stream.on('data', (part) => (text += part));
    stream.on('end', () => {
      const message = text.match(/^Message-ID: (.*?)\r?$/im)?.[1];
      say({
        to: session.envelope.rcptTo.map(({ address }) => address),
        message,
        secure: session.secure,
        text,
      });
      if (mood.drop) for (const socket of sockets) socket.destroy();
      else if (mood.hold) held.push(done);
      else done();
    });
  },
});

server.on('error', () => undefined);
server.server.on('connection', (socket) => {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
});
server.listen(0, '127.0.0.1', () => say({ listening: server.server.address().port }));

createInterface({ input: process.stdin })
  .on('line', (line) => {
    mood = JSON.parse(line);
    if (!mood.hold) held = (held.forEach((done) => done()), []);
    say({ mood });
  })
  .on('close', () => process.exit(0));
