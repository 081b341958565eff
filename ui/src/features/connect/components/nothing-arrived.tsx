import { TextLink } from '../../../components/ui/links.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import classes from './live-status-bar.module.css'

/** What curl prints where nothing reaches the gateway, and what to check then. */
const messages = [
  {
    prints: 'curl: (58)',
    check:
      'It cannot read the certificate or the key. Run the command where both files are, and check both names.',
  },
  {
    prints: 'curl: (35)',
    check:
      'The TLS handshake failed. Check that the key belongs to the certificate, and that no proxy opens TLS.',
  },
  {
    prints: 'curl: (60), (77)',
    check: 'It does not trust the gateway. Save the CA file of this page in the same folder.',
  },
  { prints: 'curl: (6)', check: 'It cannot resolve the host. Check the host name and your DNS.' },
  {
    prints: 'curl: (7), (28)',
    check: 'The connection failed or timed out. Check the port, and your firewall for outgoing connections.',
  },
]

/** Shows what to check if no call has arrived: these errors never reach the gateway. */
export function NothingArrived() {
  const { params } = useWorkspace()
  return (
    <>
      <strong>Nothing has reached the gateway yet. What did the command print?</strong>
      <dl className={classes.messages}>
        {messages.map(({ prints, check }) => (
          <div key={prints}>
            <dt>
              <code>{prints}</code>
            </dt>
            <dd>{check}</dd>
          </div>
        ))}
      </dl>
      <TextLink underline="always" to="/o/$organization/$environment/help" params={params}>
        Find another message
      </TextLink>
    </>
  )
}
