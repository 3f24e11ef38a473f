/// What bulk actions say; fetched with the lists.
const jobs = (count: number) => (count === 1 ? '1 job' : `${count} jobs`);

export const b = {
  select: (name: string) => `Select ${name}`,
  select_all: 'Select all that are shown',
  bar: 'What to do with the selection',
  selected: (count: number) => `${count} selected`,
  clear: 'Clear selection',
  at: (done: number, of: number) => `${done} of ${of}`,
  done: (said: string, done: number, refused: number) =>
    refused > 0 ? `${said}: ${done} done, ${refused} refused` : `${said}: ${done} done`,
  refused: (count: number) => (count === 1 ? 'One was refused:' : `${count} were refused:`),
  publish: (count: number) => `Publish (${count})`,
  unallocate: (count: number) => `To the workbench (${count})`,
  cancel: (count: number) => `Cancel (${count})`,
  delete: (count: number) => `Delete (${count})`,
  invite: (count: number) => `Send invitation (${count})`,
  archive: (count: number) => `Archive (${count})`,
  said: {
    unallocate: 'To the workbench',
    cancel: 'Cancelled',
    delete: 'Deleted',
    invite: 'Invited',
    archive: 'Archived',
  },
  cancel_title: (count: number) => `Cancel ${jobs(count)}?`,
  delete_title: (count: number) => `Delete ${jobs(count)}?`,
  archive_title: (count: number) => (count === 1 ? 'Archive 1 entry?' : `Archive ${count} entries?`),
};
