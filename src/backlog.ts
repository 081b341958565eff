/**
 * Connections of one socket that may wait to be accepted, as the units of systemd have it. The kernel caps it
 * (`net.core.somaxconn`). A process that listens on an inherited socket sets it anew.
 */
export const backlog = 4096
