/** What the tabs of a browser tell each other about the session that they share. */
type News = 'signed-in' | 'signed-out'

const channel = new BroadcastChannel('postern.session')

/** Tells the other tabs. */
export const tellOtherTabs = (news: News): void => channel.postMessage(news)

/** Calls the function of what another tab has told. */
export function followOtherTabs(on: Record<News, () => void>): void {
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data === 'signed-in' || data === 'signed-out') on[data]()
  }
}
