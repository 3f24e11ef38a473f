/// One job seen through a link: who the link stands for, the connection, the job's own topic.
import { api } from '../lib/api';
import { Clock } from '../lib/clock.svelte';
import { Formatter } from '../lib/format';
import { CLOSED, Hub, socketUrl } from '../lib/hub';
import { LiveConnection, LiveTopic } from '../lib/live.svelte';
import type { MapWorker } from '../lib/map/pins';
import { Problem } from '../lib/problem';
import type { Caller, Id, Job } from '../lib/protocol';

export class Track {
  readonly caller: Caller;
  readonly format: Formatter;
  readonly clock: Clock;
  readonly connection: LiveConnection;
  readonly topic: LiveTopic;

  #id: Id;
  #hub: Hub;
  #token: string;
  #onended: () => void;
  #over = false;

  constructor(token: string, caller: Caller & { job: Id }, onended: () => void) {
    this.#token = token;
    this.#id = caller.job;
    this.#onended = onended;
    this.caller = caller;
    this.format = new Formatter(caller.tenant.time_zone);
    this.#hub = new Hub({ url: socketUrl(location, token) });
    this.clock = new Clock(this.#hub);
    this.topic = new LiveTopic(this.#hub, `job/${caller.job}`, {
      onChange: (change) => change.is === 'removed' && this.#end(),
    });
    this.connection = new LiveConnection(this.#hub);
    this.#hub.watch((connection) => {
      if (connection.state === 'ended') this.#end();
      // A socket that is turned away looks like one that is cut: ask which it is.
      if (connection.state === 'offline') void this.#look();
    });
    this.#hub.open();
  }

  /** The job; nothing until the first picture is here. */
  get job(): Job | undefined {
    return this.topic.jobs.get(this.#id);
  }

  /** Its worker, while the hub shows where they are. */
  get worker(): MapWorker | undefined {
    const job = this.job;
    const current = job && (job.en_route || (job.status === 'started' && !job.paused));
    const position = current && job.worker ? this.topic.positions.get(job.worker.id) : undefined;
    return position && job?.worker ? { ...position, name: job.worker.name } : undefined;
  }

  /** When the worker is expected, if the hub says. */
  get arrival_at(): number | undefined {
    const eta = this.job?.en_route ? this.topic.etas.get(this.#id) : undefined;
    return eta ? eta.at + eta.seconds * 1000 : undefined;
  }

  async #look(): Promise<void> {
    try {
      await api.me({ token: this.#token });
    } catch (error) {
      if (error instanceof Problem && (error.status === 401 || error.status === 403)) this.#end();
    }
  }

  #end(): void {
    // Ending the connection is told to whoever watches it, this one too.
    if (this.#over) return;
    this.#over = true;
    this.clock.stop();
    this.#hub.end(CLOSED.not_authenticated);
    this.#onended();
  }
}
