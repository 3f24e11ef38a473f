/// Prints every job that changes, for as long as it runs. HUB is where the hub is, TOKEN an API token with the scope jobs:read.
import process from 'node:process';
import { Client } from '../dispatch-hub.js';

const { HUB = 'http://127.0.0.1:8080', TOKEN } = process.env;
if (!TOKEN) {
  console.error('Set TOKEN to an API token with the scope jobs:read (dispatch, Settings, API tokens).');
  process.exit(2);
}

const socket = globalThis.WebSocket ? {} : { WebSocket: (await import('ws')).default };
const client = new Client({ url: HUB, token: TOKEN, ...socket });

const { items } = await client.get('/api/jobs', { status: 'started', limit: 5 });
for (const job of items) console.log(`${job.number} ${job.template.name}: started`);

const live = client.live();
live.watch((connection) => {
  console.log(`# ${connection.state}`);
  if (connection.state === 'ended') process.exit(1);
});
live.listen((message) => {
  if (message.t === 'event') console.log(`${message.job?.number ?? message.job_id} ${message.kind}`);
});
live.subscribe('schedule');
