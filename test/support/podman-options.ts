/** The options of podman for images and containers below `store`, on a machine of any kind: without overlays and systemd. */
export const podmanOptions = (store: string): string[] => [
  ...['--root', `${store}/images`, '--runroot', `${store}/run`, '--storage-driver', 'vfs'],
  ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'file', '--runtime', 'runc'],
]
