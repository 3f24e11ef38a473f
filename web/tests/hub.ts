/// The real hub, run on a folder and a port of its own: started, killed without warning, started again.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const BINARY = process.env.HUB_BIN ?? resolve(import.meta.dirname, '../../target/debug/dispatch-hub');
const LISTENING = /^listening on (http:\/\/\S+)/;

export class RunningHub {
  readonly url: string;
  readonly #data: string;
  #process: ChildProcess;

  private constructor(url: string, data: string, process: ChildProcess) {
    this.url = url;
    this.#data = data;
    this.#process = process;
  }

  /** A fresh demo company that nobody drives. */
  static async start(): Promise<RunningHub> {
    const folder = await mkdtemp(join(tmpdir(), 'dispatch-hub-journey-'));
    // As root, Postgres runs as another user, who has to get in.
    await chmod(folder, 0o755);
    const data = join(folder, 'data');
    const { url, process } = await run(data, '127.0.0.1:0', ['--fresh']);
    return new RunningHub(url, data, process);
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    await end(this.#process, 'SIGKILL');
  }

  /** Again, with the same data, at the same address. */
  async restart(): Promise<void> {
    const { process } = await run(this.#data, new URL(this.url).host);
    this.#process = process;
  }

  /** Changes tables behind the hub's back, as its operator could, for settings that no page of the portal has. */
  tamper(statement: string): void {
    const lines = readFileSync(join(this.#data, 'pg', 'postmaster.pid'), 'utf8').split('\n');
    execFileSync('psql', [
      '-q',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      lines[4]!,
      '-U',
      'hub',
      '-d',
      'hub',
      '-c',
      statement,
    ]);
  }

  async stop(): Promise<void> {
    await end(this.#process, 'SIGTERM');
    await rm(dirname(this.#data), { recursive: true, force: true });
  }
}

async function run(
  data: string,
  listen: string,
  more: string[] = [],
): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(BINARY, ['demo', '--still', '--data', data, '--listen', listen, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Webhooks and push services of a journey are on the journey's own machine.
    env: {
      ...process.env,
      HUB_BIN: undefined,
      HUB_WEBHOOKS_PRIVATE: 'true',
      HUB_PUSH_CONTACT: 'mailto:ops@demo.example',
      HUB_PUSH_PRIVATE: 'true',
    },
  });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error([`${BINARY}: ${why}`, ...said.slice(-20)].join('\n')));
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`ended with ${code} before it listened`));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = LISTENING.exec(line)?.[1];
      if (url) resolve({ url, process: child });
    });
  });
}

async function end(process: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const gone = new Promise((resolve) => process.once('exit', resolve));
  process.kill(signal);
  await gone;
}
