/// What only the start page says.

export const words = {
  headline: 'Everybody looks at the same live picture',
  lead: 'Customers order jobs and follow them, dispatchers plan and publish, workers get them done on the road. All on this hub, all at once.',
  apps: {
    portal: {
      name: 'Customer portal',
      text: 'Order jobs, see their status as it changes, and watch your worker arrive.',
      address: 'Your company’s portal address',
      open: 'Open',
      example: 'for example: demo',
    },
    dispatch: {
      name: 'Dispatch',
      text: 'The schedule, the map and every new job, the moment it is ordered.',
      open: 'Open dispatch',
    },
    worker: {
      name: 'Worker',
      text: 'Your jobs on your phone, also without a network.',
      open: 'Open my jobs',
    },
  },
  login: 'Log in',
  login_hint: 'You get to the app that your log-in is for.',
  logged_in: (name: string, company: string) => `Logged in as ${name}, ${company}`,
  go_on: 'Go on',
  other: 'Use another log-in',
};
