import { Anchor } from '@mantine/core'
import type { AuthorityView } from '../../../../../src/contract/authority.ts'
import { formatCount } from '../../../../../src/contract/format-count.ts'
import { fingerprintText } from '../../../../../src/pki/der/fingerprint.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { useMayOperate } from '../../../lib/may-operate.ts'
import { getDay } from '../../../lib/relative-time.ts'
import type { AuthorityRow } from '../api/list-authorities.ts'
import classes from './authority-panel.module.css'
import { Holders } from './holders.tsx'
import { OfflineNotice } from './offline-notice.tsx'
import { RetireButton } from './retire-button.tsx'
import { RevokeAllButton } from './revoke-all-button.tsx'
import { RotateAuthorityButton } from './rotate-authority-button.tsx'
import { TrustIssuerButton } from './trust-issuer-button.tsx'

const keyPlaces: Record<NonNullable<AuthorityView['keyLocation']>, string> = {
  store: 'sealed in the store',
  pkcs11: 'in the HSM',
  offline: 'offline',
}

const titles: Record<AuthorityView['kind'], (environment: string) => string> = {
  root: () => 'Root',
  issuing: (environment) => `Issuing CA of ${environment}`,
  external: (environment) => `External CA trusted for ${environment}`,
}

/** Shows one CA: its details, its certificates, and the URLs of its CRLs. */
export function AuthorityPanel({ authority }: { authority: AuthorityRow }) {
  const {
    kind,
    environment,
    subject,
    signsNewCertificates,
    validCertificates,
    revokedCertificates,
    organizations,
    keyLocation,
  } = authority
  const mayOperate = useMayOperate()
  const isRetirable = kind === 'external' || (kind === 'issuing' && !signsNewCertificates)
  const mayRetire = mayOperate && isRetirable
  return (
    <Panel
      title={titles[kind](environment ?? '')}
      description={subject}
      actions={
        <div className={classes.actions}>
          {kind !== 'root' && (
            <ToneBadge
              tone={signsNewCertificates ? 'good' : 'neutral'}
              dot={signsNewCertificates ? 'full' : 'empty'}
            >
              {signsNewCertificates ? 'Signs' : 'Trusted'}
            </ToneBadge>
          )}
          {mayRetire && <RetireButton authority={authority} />}
          {mayRetire && validCertificates > 0 && <RevokeAllButton issuerId={authority.id} />}
          {mayOperate && signsNewCertificates && environment !== null && (
            <>
              <TrustIssuerButton environment={environment} />
              <RotateAuthorityButton environment={environment} />
            </>
          )}
        </div>
      }
    >
      <DescriptionList columns={2}>
        <DescriptionItem label="Key">
          {[authority.keyAlgorithm, ...(keyLocation ? [keyPlaces[keyLocation]] : [])].join(', ')}
        </DescriptionItem>
        <DescriptionItem label="Valid">
          {`${getDay(new Date(authority.notBefore))} to ${getDay(new Date(authority.notAfter))}`}
        </DescriptionItem>
        <DescriptionItem label="SHA-256 fingerprint">
          <CopyValue value={fingerprintText(authority.fingerprintSha256)} what="the fingerprint" />
        </DescriptionItem>
        <DescriptionItem label="Serial number">
          <CopyValue value={authority.serialNumber} what="the serial number" />
        </DescriptionItem>
        {authority.certificateUrl !== null && (
          <>
            <DescriptionItem label="Certificate">
              <Anchor href={authority.certificateUrl} inherit underline="always">
                {authority.certificateUrl}
              </Anchor>
            </DescriptionItem>
            <DescriptionItem label="CRL">
              <RevocationList url={authority.revocationListUrl} list={authority.revocationList} />
            </DescriptionItem>
          </>
        )}
        {authority.retiresAt !== null && (
          <DescriptionItem label="Retires">
            <Moment at={authority.retiresAt} />
            {`, on ${getDay(new Date(authority.retiresAt))}`}
          </DescriptionItem>
        )}
        {kind !== 'root' && (
          <DescriptionItem label="Certificates">{`${formatCount(validCertificates, 'valid certificate')}, ${revokedCertificates.toLocaleString('en')} revoked`}</DescriptionItem>
        )}
      </DescriptionList>
      {authority.keyLocation === 'offline' && <OfflineNotice list={authority.revocationList} />}
      {isRetirable && <Holders organizations={organizations} />}
    </Panel>
  )
}

function RevocationList({
  url,
  list,
}: {
  url: AuthorityRow['revocationListUrl']
  list: AuthorityRow['revocationList']
}) {
  if (url === null || list === null) return 'Not published yet'
  return (
    <>
      <Anchor href={url} inherit underline="always">
        {url}
      </Anchor>
      {` number ${list.number}, published `}
      <Moment at={list.thisUpdate} />
      {`, valid until ${getDay(new Date(list.nextUpdate))}`}
    </>
  )
}
