/// What only the worker's app says.

export const words = {
  title: 'My jobs',
  loading: 'Getting your jobs',
  not_worker: (name: string) => `${name} is not a worker. Log in as a worker to see jobs.`,
  signed_out: 'You have been signed out. What you did is kept on this phone and sent after you log in again.',
  login: 'Log in to see your jobs',
  back: 'My jobs',

  today: 'Today',
  now: 'Now',
  coming: 'Coming',
  done: 'Done today',
  to_answer: 'New for you',
  empty: 'No jobs for you at the moment. New ones show up here by themselves.',
  count: (count: number) => (count === 1 ? '1 job today' : `${count} jobs today`),
  missing: 'This job is not yours, or not any more.',
  gone: (number: string, why: string) => `${number} is gone: ${why}.`,

  sync: {
    waiting: (count: number) => `Will sync (${count})`,
    step: 'Waiting to sync',
    all: 'Everything is sent',
    list: 'Waiting to be sent',
    offline: 'You are offline. Go on working: everything is kept on this phone and sent later.',
  },

  duty: {
    on: 'On duty',
    off: 'Off duty',
    go_on: 'Go on duty',
    go_off: 'Go off duty',
    failed: 'Your duty could not be changed',
  },

  location: {
    sharing: 'Sharing location',
    searching: 'Looking for your position',
    denied: 'Location is blocked for this page. Allow it in the browser’s settings for this site.',
    unavailable: 'This phone gives no position right now.',
    insecure: 'The browser gives positions only on https pages.',
    off: 'Off duty, your location is not shared',
    title: 'Share your location while on duty?',
    reason:
      'Dispatch sees where you are, so that the nearest worker gets the job. A customer sees you only while you are on the way to them or at work there. Off duty nothing is shared.',
    yes: 'Share my location',
    no: 'Not now',
    locked:
      'A browser stops sharing as soon as the phone is locked or this page is closed. If you need to lock it, ask dispatch for the tracker set-up.',
    awake: 'While you are on duty the screen stays on.',
    not_awake: 'This browser cannot keep the screen on: set your phone’s auto-lock to never while driving.',
    replaced: 'Another phone or tab has taken over sharing your location.',
    take_over: 'Use this one',
    queued: (count: number) => (count === 1 ? '1 position kept' : `${count} positions kept`),
  },

  job: {
    accept: 'Accept',
    decline: 'Decline',
    en_route: 'On my way',
    navigate: 'Navigate',
    call: (name: string) => (name ? `Call ${name}` : 'Call'),
    planned: 'Planned',
    customer: 'Customer',
    contact: 'Contact on site',
    asset: 'Asset',
    notes: 'Notes',
    details: 'Details',
    steps: 'Steps',
    complete: (step: string) => `Done: ${step}`,
    finish: 'Finish job',
    before_finish: 'Before you finish',
    pause: 'Pause',
    resume: 'Go on',
    paused: 'Paused. Go on when you are back at work.',
    undo: (seconds: number) => `Undo (${seconds})`,
    step_done: (when: string) => `Done ${when}`,
    step_arrived: (when: string) => `You arrived ${when}`,
    all_done: (when: string) => `Finished ${when}`,
    required: 'Please fill this in.',
    late: 'Late',
    save: 'Save',
  },

  shared: {
    title: 'Who could see you',
    rule: 'Off duty nobody. What this phone noted in the last two days:',
    dispatch: 'Dispatch',
    now: 'now',
    nobody: 'Nobody.',
  },

  week: {
    title: 'My week',
    open: 'My week',
    before: 'The week before',
    after: 'The week after',
    now: 'This week',
    off: 'Day off',
    away: 'Away',
  },

  earlier: {
    title: 'Earlier jobs here',
    none: 'Nothing was done here before.',
  },

  decline: {
    title: (number: string) => `Decline ${number}?`,
    text: 'Dispatch gives it to somebody else.',
    reasons: [
      'Not enough time',
      'Too far away',
      'Missing tools or parts',
      'Not qualified for it',
      'Ill or unavailable',
    ],
    own: 'Another reason',
    yes: 'Decline',
    no: 'Keep it',
  },

  acts: {
    accept: 'Accept',
    decline: 'Decline',
    en_route: 'On the way',
    complete_step: 'Step done',
    undo_step: 'Undo',
    pause: 'Pause',
    resume: 'Go on',
    edit: 'Details',
  },
  refused: (number: string, act: string, why: string) => `${number}, “${act}” was not taken: ${why}`,
  typed: 'You had entered:',
  not_kept: 'The phone could not keep this: its storage is full or blocked. Nothing was sent.',
  dismiss: 'Got it',

  notify: {
    title: 'Notifications',
    text: 'New or changed jobs can show up on this phone while the app is closed.',
    yes: 'Switch on',
    later: 'Not now',
    on: 'This phone tells you of your jobs now. What exactly, you choose under “Me and this phone”.',
  },

  me: {
    title: 'Me and this phone',
    open: 'Me and this phone',
    install: 'Install on this phone',
    alerts: 'Alerts',
    alerts_intro: 'Be told about your jobs also when this app is closed.',
    alerts_scope: 'jobs on my phone',
    alerts_offline: 'Without a network they cannot be shown.',
    install_ios: 'On an iPhone: Share, then “Add to Home Screen”.',
    logout_waiting: (count: number) =>
      `${count} of your actions are not sent yet. They stay on this phone until you log in again.`,
  },
};
