import { TextLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import classes from './holders.module.css'

/** Shows who still has valid certificates of an issuing CA that no longer signs. */
export function Holders({ organizations }: { organizations: { slug: string; validCertificates: number }[] }) {
  if (organizations.length === 0)
    return (
      <Notice tone="good" title="No organization has a valid certificate from this CA">
        <p>Postern publishes its CRL until the last of its certificates has expired.</p>
      </Notice>
    )
  return (
    <section aria-label="Organizations with certificates from this CA">
      <h3 className={classes.title}>Organizations with certificates from this CA</h3>
      <ul className={classes.list}>
        {organizations.map(({ slug, validCertificates }) => (
          <li key={slug}>
            <TextLink to="/o/$organization" params={{ organization: slug }}>
              {slug}
            </TextLink>
            {` ${validCertificates.toLocaleString('en')}`}
          </li>
        ))}
      </ul>
    </section>
  )
}
