/// What the pages behind an e-mail's link say.
import type { CallerKind } from '../lib/protocol';

const invitedTo = (where: string) => (company: string) => `${company} invites you to ${where}.`;

export const door = {
  invitation: 'Invitation',
  no_link: 'This link leads nowhere. Is all of the address there?',
  to_start: 'To the start page',
  to_login: 'To the log-in page',
  welcome: (name: string) => `Welcome, ${name}`,
  invited_as: {
    portal_user: invitedTo('its customer portal'),
    worker: invitedTo('the worker app'),
    dispatcher: invitedTo('dispatch'),
    link: invitedTo('this hub'),
    api: invitedTo('this hub'),
    hub: invitedTo('this hub'),
  } satisfies Record<CallerKind, (company: string) => string>,
  new_password: 'New password',
  your_password: 'Your password',
  password_rule: 'At least 8 characters',
  known: 'This address has a log-in already. Its password stays as it is.',
  accept: 'Accept and go on',
  ended: {
    used: 'This invitation was accepted',
    withdrawn: 'This invitation was taken back',
    expired: 'This invitation is too old',
    none: 'There is no invitation',
  },
  ended_text: (company: string) => `Ask ${company} for a new one. If you have a log-in already, just use it.`,

  forgot: 'Forgotten your password?',
  forgot_text: 'We send you a link that sets a new one.',
  send_link: 'Send the link',
  look: 'Look into your mailbox',
  look_text: (email: string) =>
    `If there is a log-in with ${email}, a link is on its way. It works for one hour.`,
  set_password: 'Set a new password',
  password_set: 'Your new password is set',
  password_set_text: 'You have been signed out everywhere. Log in with the new password.',
  reset_ended: 'That link has been used or is too old. Ask for a new one.',

  verify: 'Confirm your e-mail address',
  verify_text: 'One more click and you are in.',
  verify_yes: 'Yes, this is my address',
  verify_ended: 'This link has ended',
  verify_ended_text: 'It is too old, or not all of the address is there. Please sign up again.',
};
