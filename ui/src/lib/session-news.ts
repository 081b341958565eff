/** A message between the tabs of a browser about their shared session. */
type News = 'signed-in' | 'signed-out' | 'session-ended'

const channel = new BroadcastChannel('postern.session')

/** Sends a message to the other tabs. */
export const notifyOtherTabs = (news: News): void => channel.postMessage(news)

/** Calls the function with the messages of other tabs. */
export function subscribeToOtherTabs(on: Record<News, () => void>): void {
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data === 'signed-in' || data === 'signed-out' || data === 'session-ended') on[data]()
  }
}
