-- Whoever waits for a code is told why it does not come.
grant select (subject) on message to hub_app;
