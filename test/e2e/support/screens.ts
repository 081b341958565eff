import type { Page } from 'playwright-core'
import { testPassword } from '../../support/users.ts'
import type { Filled } from './fill-postern.ts'
import { confirmIdentity } from './steps.ts'

/** A screen of the portal, as a user opens it. */
export interface Screen {
  name: string
  path: string
  /** What shows that it is displayed: its heading by default. */
  heading: string | RegExp
  /** What else must be visible before the check. */
  shows?: string | RegExp
  /** How many pixels a row of its tables may be high as a card. */
  tallestCard?: number
  /** Prepares the check, for example opens a dialog. */
  open?: (page: Page) => Promise<void>
}

const unfold = (button: string | RegExp, shows: string | RegExp) => async (page: Page) => {
  await page.getByRole('button', { name: button }).first().click()
  await page.getByText(shows).filter({ visible: true }).first().waitFor()
}
const press = (name: string) => async (page: Page) => {
  await page.getByRole('button', { name, exact: true }).first().click()
  await page.getByRole('dialog').waitFor()
}

/** Opens the dialog for a PKCS#12 file, and selects a file that is no key. */
const openPkcs12 = async (page: Page) => {
  await page.getByRole('button', { name: 'All formats' }).first().click()
  await page.getByRole('menuitem', { name: /\.p12/ }).click()
  const dialog = page.getByRole('dialog')
  const file = { name: 'a.key', mimeType: 'text/plain', buffer: Buffer.from('no key') }
  await dialog.locator('input[type=file]').setInputFiles(file)
  await dialog.getByText('This file is not a private key.').waitFor()
}

/** The screens of a user who has not answered for a time zone. */
export const asked: Screen[] = [
  {
    name: 'time zone question',
    path: '/o/acme/production/certificates',
    heading: 'mTLS certificates',
    shows: 'Which time zone do you want in emails?',
  },
  {
    name: 'time zone dialog',
    path: '/o/acme/production/certificates',
    heading: 'mTLS certificates',
    open: press('Another time zone'),
  },
]

/** Returns the screens without a session. */
export const outside = ({ invitation, unsubscription, withApp }: Filled): Screen[] => [
  { name: 'no invitation', path: '/invitation', heading: 'Invitation' },
  {
    name: 'invitation',
    path: `/invitation#token=${invitation}`,
    heading: /^Join /,
    shows: /invited you as developer/,
  },
  { name: 'sign-in', path: '/sign-in', heading: 'Sign in' },
  {
    name: 'sign-in that failed',
    path: '/sign-in',
    heading: 'Sign in',
    open: async (page) => {
      await page.getByLabel('Email', { exact: true }).fill('nobody@acme.example')
      await page.getByLabel('Password', { exact: true }).fill('not the password')
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await page.getByText('You are not signed in').waitFor()
    },
  },
  {
    name: 'second step of a sign-in',
    path: '/sign-in',
    heading: 'Sign in',
    open: async (page) => {
      await page.getByLabel('Email', { exact: true }).fill(withApp)
      await page.getByLabel('Password', { exact: true }).fill(testPassword)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await page.getByLabel('Code of the authenticator app').waitFor()
    },
  },
  { name: 'forgotten password', path: '/forgot-password', heading: 'Forgotten password' },
  {
    name: 'forgotten password, sent',
    path: '/forgot-password',
    heading: 'Forgotten password',
    open: async (page) => {
      await page.getByLabel('Email', { exact: true }).fill(`nobody-${Date.now()}@acme.example`)
      await page.getByRole('button', { name: 'Send link' }).click()
      await page.getByText('Check your emails').waitFor()
    },
  },
  {
    name: 'link for a password that is over',
    path: '/set-password#token=over',
    heading: 'Choose a password',
    shows: 'This link cannot be used',
  },
  {
    name: 'link for an address that is over',
    path: '/confirm-email#token=over',
    heading: 'Confirm email address',
    shows: 'Nothing was confirmed',
  },
  {
    name: 'link for a contact',
    path: '/confirm-contact#token=any',
    heading: 'Confirm contact address',
    shows: 'Confirm address',
  },
  {
    name: 'link to unsubscribe',
    path: `/unsubscribe#token=${unsubscription}`,
    heading: 'Emails about expiring certificates',
    shows: 'Unsubscribe',
  },
]

/** Returns the screens for users of an organization. */
export const inside = (filled: Filled): Screen[] => {
  const { used, revoked, draft, keyless, pending, waiting, registered, webhook } = filled
  const production = '/o/acme/production'
  const certificates = `${production}/certificates`
  return [
    {
      name: 'sign-in methods',
      path: '/account/sign-in',
      heading: 'Sign-in methods',
      shows: 'You have no passkeys',
    },
    {
      name: 'new passkey',
      path: '/account/sign-in',
      heading: 'Sign-in methods',
      shows: 'You have no passkeys',
      open: press('Add passkey'),
    },
    {
      name: 'authenticator app, set up',
      path: '/account/sign-in',
      heading: 'Sign-in methods',
      shows: 'No authenticator app is set up',
      open: async (page) => {
        await page.getByRole('button', { name: 'Set up app' }).click()
        await confirmIdentity(page)
        await page.getByRole('img', { name: 'QR code of the authenticator app' }).waitFor()
      },
    },
    {
      name: 'recovery codes',
      path: '/account/sign-in',
      heading: 'Sign-in methods',
      shows: 'You have no recovery codes',
      open: async (page) => {
        await press('Make recovery codes')(page)
        await page.getByRole('dialog').getByRole('button', { name: 'Make codes' }).click()
        await confirmIdentity(page)
        await page.getByRole('group', { name: 'Recovery codes' }).waitFor()
      },
    },
    { name: 'overview', path: production, heading: 'Overview', shows: 'Newest' },
    { name: 'first overview', path: '/o/acme/staging', heading: 'Overview' },
    {
      name: 'certificates',
      path: certificates,
      heading: 'mTLS certificates',
      shows: 'acme-0001',
      tallestCard: 120,
    },
    {
      name: 'no certificates',
      path: '/o/acme/staging/certificates',
      heading: 'mTLS certificates',
      shows: 'No certificates yet',
    },
    { name: 'creation 1', path: `${certificates}/new`, heading: 'Create certificate', shows: 'Description' },
    {
      name: 'creation 2',
      path: `${certificates}/${draft}/create/organization`,
      heading: /^Create acme/,
      shows: 'Organization name',
    },
    {
      name: 'creation 3',
      path: `${certificates}/${draft}/create/key`,
      heading: /^Create acme/,
      shows: 'The private key. Your browser saves it',
    },
    {
      name: 'creation 3, in a terminal',
      path: `${certificates}/${draft}/create/key`,
      heading: /^Create acme/,
      shows: 'Make the key and the signing request',
      open: async (page) => {
        await page.getByRole('tab', { name: 'Terminal' }).click()
        await page.getByRole('group', { name: 'OpenSSL command' }).waitFor()
      },
    },
    { name: 'creation 4', path: `${certificates}/${draft}/create/submit`, heading: /^Create acme/ },
    { name: 'creation 5', path: `${certificates}/${used}/create/result`, heading: 'Issued' },
    {
      name: 'creation 5 that waits',
      path: `/o/acme/careful/certificates/${pending}/create/result`,
      heading: 'Pending',
    },
    {
      name: 'details',
      path: `${certificates}/${used}`,
      heading: 'Certificate details',
      shows: 'Serial number, fingerprints and chain',
    },
    {
      name: 'details, bytes',
      path: `${certificates}/${used}`,
      heading: 'Certificate details',
      open: async (page) => {
        await page.getByText('Serial number, fingerprints and chain').click()
        await page.getByText('SHA-1 fingerprint', { exact: true }).waitFor()
      },
    },
    {
      name: 'details, activity',
      path: `${certificates}/${used}?tab=activity`,
      heading: 'Certificate details',
      shows: /^The gateway has not accepted acme-0002 yet/,
    },
    {
      name: 'details, history',
      path: `${certificates}/${used}?tab=history`,
      heading: 'Certificate details',
      shows: /admin@acme.example/,
    },
    {
      name: 'details of a revoked one',
      path: `${certificates}/${revoked}`,
      heading: 'Certificate details',
      shows: /Enforced on \d\/\d/,
    },
    {
      name: 'creation of another authority',
      path: `${certificates}/register`,
      heading: 'Register a certificate',
      shows: 'Description',
    },
    {
      name: 'proof of a key',
      path: `${certificates}/registrations/${waiting}`,
      heading: 'Register a certificate',
      shows: 'Registration',
    },
    {
      name: 'details of a registered one',
      path: `${certificates}/${registered}`,
      heading: 'Certificate details',
      shows: 'Certificate from another CA',
    },
    {
      name: 'revoke',
      path: `${certificates}/${used}`,
      heading: 'Certificate details',
      open: press('Revoke'),
    },
    {
      name: 'who the user is, asked again',
      path: `${certificates}/${used}`,
      heading: 'Certificate details',
      open: async (page) => {
        await press('Revoke')(page)
        const [name = ''] = /acme-\d+/.exec((await page.getByRole('dialog').textContent()) ?? '') ?? []
        await page.getByLabel('Certificate name').fill(name)
        await page.getByRole('button', { name: 'Revoke certificate' }).click()
        await page.getByRole('dialog', { name: 'Confirm it is you' }).waitFor()
      },
    },
    {
      name: 'rotation',
      path: `${certificates}/${used}/rotation`,
      heading: 'Rotate',
      shows: /^Not yet: \d+ calls? in the last hour/,
    },
    {
      name: 'retirement',
      path: `${certificates}/${used}/rotation`,
      heading: 'Rotate',
      shows: /^Not yet: /,
      open: press('Plan its retirement'),
    },
    {
      name: 'rotations',
      path: `${production}/rotations`,
      heading: 'Unfinished rotations',
      shows: 'acme-0001',
      tallestCard: 200,
    },
    { name: 'configure 1', path: `${certificates}/${used}/configure/curl`, heading: /Test with cURL/ },
    {
      name: 'configure 2',
      path: `${certificates}/${used}/configure/postman`,
      heading: /Configure in Postman/,
    },
    {
      name: 'configure 3',
      path: `${certificates}/${used}/configure/request`,
      heading: /Test in Postman/,
    },
    { name: 'credentials', path: `${production}/credentials`, heading: 'API credentials', shows: 'test' },
    {
      name: 'new credential',
      path: `${production}/credentials`,
      heading: 'API credentials',
      open: press('Create credentials'),
    },
    {
      name: 'webhooks',
      path: `${production}/webhooks`,
      heading: 'Webhooks',
      shows: 'hooks.acme.example',
      tallestCard: 300,
    },
    {
      name: 'new webhook',
      path: `${production}/webhooks`,
      heading: 'Webhooks',
      shows: 'hooks.acme.example',
      open: press('Create webhook'),
    },
    {
      name: 'new secret of a webhook',
      path: `${production}/webhooks`,
      heading: 'Webhooks',
      open: async (page) => {
        await press('Create webhook')(page)
        const dialog = page.getByRole('dialog')
        await dialog.getByLabel('Name').fill('Chat')
        await dialog.getByLabel('URL').fill('https://chat.acme.example/hook')
        await dialog.getByRole('button', { name: 'Create webhook' }).click()
        await confirmIdentity(page)
        await dialog.getByText('Copy the secret now').waitFor()
      },
    },
    {
      name: 'webhook',
      path: `${production}/webhooks/${webhook}`,
      heading: /^Zahlungsverkehr/,
      shows: 'certificate.issued',
      open: unfold(/^More about the delivery of/, 'webhook-id'),
    },
    {
      name: 'API keys',
      path: `${production}/api-keys`,
      heading: 'API keys',
      shows: 'Terraform',
      tallestCard: 260,
    },
    {
      name: 'new API key',
      path: `${production}/api-keys`,
      heading: 'API keys',
      shows: 'Terraform',
      open: press('Create API key'),
    },
    {
      name: 'own API keys',
      path: '/account/keys',
      heading: 'API keys',
      shows: 'No API keys yet',
    },
    {
      name: 'API key, deletion',
      path: `${production}/api-keys`,
      heading: 'API keys',
      shows: 'Terraform',
      open: async (page) => {
        await page
          .getByRole('button', { name: /^Actions for Terraform/ })
          .first()
          .click()
        await page.getByRole('menuitem', { name: 'Delete' }).click()
        await page.getByRole('dialog').waitFor()
      },
    },
    {
      name: 'new secret of an API key',
      path: '/account/keys',
      heading: 'API keys',
      open: async (page) => {
        await press('Create API key')(page)
        const dialog = page.getByRole('dialog')
        await dialog.getByLabel('Name').fill('Laptop')
        await dialog.getByRole('button', { name: 'Create API key' }).click()
        await confirmIdentity(page)
        await dialog.getByLabel('API key', { exact: true }).waitFor()
      },
    },
    {
      name: 'single sign-on',
      path: `${production}/single-sign-on`,
      heading: 'Single sign-on',
      shows: 'Not proven',
    },
    {
      name: 'SCIM',
      path: `${production}/single-sign-on`,
      heading: 'Single sign-on',
      shows: 'Users from your provider (SCIM)',
    },
    {
      name: 'new SCIM key',
      path: `${production}/single-sign-on`,
      heading: 'Single sign-on',
      open: press('Create SCIM key'),
    },
    {
      name: 'signals',
      path: `${production}/signals`,
      heading: 'Signals',
      shows: 'Calls come from 203.0.113.0/24',
    },
    { name: 'activity', path: `${production}/activity`, heading: 'Activity', shows: 'Token request' },
    {
      name: 'activity, unfolded',
      path: `${production}/activity`,
      heading: 'Activity',
      open: unfold(/^More about/, 'Trace ID'),
    },
    {
      name: 'help, unfolded',
      path: `${production}/help`,
      heading: 'Why does it fail?',
      open: unfold(/^The certificate is revoked/, 'A user or the provider revoked this certificate'),
    },
    {
      name: 'downloads',
      path: `${certificates}/${used}`,
      heading: 'Certificate details',
      open: unfold('All formats', 'acme-0001-chain.pem'),
    },
    {
      name: 'account',
      path: production,
      heading: 'Overview',
      shows: 'Newest',
      open: unfold('Account', 'Sign out'),
    },
    {
      name: 'new secret',
      path: `${production}/credentials`,
      heading: 'API credentials',
      open: async (page) => {
        await press('Create credentials')(page)
        const dialog = page.getByRole('dialog')
        await dialog.getByLabel('Name').fill('settlement-worker')
        await dialog.getByRole('button', { name: 'Create credentials' }).click()
        await dialog.getByLabel('Client secret').waitFor()
      },
    },
    {
      name: 'enforcement',
      path: `${production}/enforcement`,
      heading: 'Enforcement',
      shows: 'A client certificate is required',
    },
    {
      name: 'enforcement, observed',
      path: '/o/acme/careful/enforcement',
      heading: 'Enforcement',
      shows: 'No client certificate',
    },
    {
      name: 'activity that would be refused',
      path: '/o/acme/careful/activity',
      heading: 'Activity',
      open: unfold(/^More about/, 'Would be denied if a certificate were required'),
    },
    { name: 'team', path: `${production}/team`, heading: 'Team', shows: 'viewer@acme.test' },
    { name: 'invite', path: `${production}/team`, heading: 'Team', open: press('Invite member') },
    {
      name: 'remove a member',
      path: `${production}/team`,
      heading: 'Team',
      open: async (page) => {
        await page.getByRole('button', { name: 'Actions for viewer@acme.test' }).click()
        await page.getByRole('menuitem', { name: 'Remove' }).click()
        await page.getByRole('dialog').getByLabel('Email of the member').waitFor()
      },
    },
    {
      name: 'notifications',
      path: `${production}/notifications`,
      heading: 'Notifications',
      shows: /So far/,
    },
    {
      name: 'own emails',
      path: `${production}/emails`,
      heading: 'Emails to you',
      shows: /was revoked|No emails yet/,
    },
    {
      name: 'emails menu',
      path: production,
      heading: 'Overview',
      open: async (page) => {
        await page.getByRole('button', { name: /^Emails/ }).click()
        await page.getByRole('menuitem', { name: 'All emails' }).waitFor()
      },
    },
    {
      name: 'PKCS12',
      path: `${certificates}/${used}`,
      heading: 'Certificate details',
      open: openPkcs12,
    },
    {
      name: 'creation 3 and 5 with a key of this browser',
      path: `/o/acme/careful/certificates/${keyless}/create/key`,
      heading: /^Create acme/,
      open: async (page) => {
        await page.getByRole('tab', { name: 'This browser' }).click()
        await page.getByRole('button', { name: 'Create key and submit CSR' }).click()
        await page.getByText('Keep this file').waitFor()
      },
    },
    { name: 'erase account', path: '/account', heading: 'Your account', open: press('Erase account') },
    { name: 'own account', path: '/account', heading: 'Your account', shows: /this session/ },
    {
      name: 'organization settings',
      path: `${production}/organization`,
      heading: 'Organization',
      shows: 'Legal name',
    },
    { name: 'help', path: `${production}/help`, heading: 'Why does it fail?' },
    { name: 'not found', path: '/o/nobody/production', heading: 'Page not found' },
  ]
}

/** Returns the screens for operators. */
export const operate = ({ letter: email }: Filled): Screen[] => [
  { name: 'platform', path: '/operate', heading: 'Overview', shows: 'Certificate revocation lists' },
  { name: 'approvals', path: '/operate/approvals', heading: 'Approvals', shows: 'Key fingerprint' },
  { name: 'reject', path: '/operate/approvals', heading: 'Approvals', open: press('Reject') },
  { name: 'confirmations', path: '/operate/confirmations', heading: 'Confirmations', shows: 'Waiting' },
  {
    name: 'cancel confirmation',
    path: '/operate/confirmations',
    heading: 'Confirmations',
    open: press('Cancel'),
  },
  { name: 'mailbox', path: '/operate/emails', heading: 'Emails', shows: /was revoked/ },
  { name: 'email', path: `/operate/emails/${email}`, heading: /acme/, shows: 'Received' },
  {
    name: 'organizations',
    path: '/operate/organizations',
    heading: 'Organizations',
    shows: 'Globex Zahlungen GmbH',
  },
  {
    name: 'create organization',
    path: '/operate/organizations',
    heading: 'Organizations',
    open: press('Create organization'),
  },
  {
    name: 'organization',
    path: '/operate/organizations/globex',
    heading: 'Globex Zahlungen GmbH',
    shows: 'Use and limits',
  },
  {
    name: 'close organization',
    path: '/operate/organizations/globex',
    heading: 'Globex Zahlungen GmbH',
    open: press('Close'),
  },
  {
    name: 'new password',
    path: '/change-password',
    heading: 'Choose a new password',
    shows: 'Saving the new password ends your other sessions.',
  },
  {
    name: 'operators',
    path: '/operate/operators',
    heading: 'Operators',
    shows: 'operator@postern.example',
  },
  { name: 'users', path: '/operate/users', heading: 'Users', shows: 'operator@postern.example' },
  {
    name: 'erase user',
    path: '/operate/users',
    heading: 'Users',
    open: press('Erase admin@acme.example'),
  },
  {
    name: 'denied requests',
    path: '/operate/denials',
    heading: 'Denied requests',
    shows: 'The certificate is revoked',
  },
  {
    name: 'refusals, of one cause, unfolded',
    path: '/operate/denials?code=certificate_wrong_environment',
    heading: 'Denied requests',
    open: unfold(/^More about/, 'belongs to the environment production'),
  },
  {
    name: 'enforcement of all',
    path: '/operate/enforcement',
    heading: 'Enforcement',
    shows: 'Monitoring',
  },
  {
    name: 'enforcement, decided',
    path: '/o/acme/careful/enforcement',
    heading: 'Enforcement',
    open: async (page) => {
      await press('Change enforcement')(page)
      await page.getByRole('radio', { name: 'Required', exact: true }).check()
      await page.getByLabel('Requests that may fail').waitFor()
    },
  },
  {
    name: 'migrations',
    path: '/operate/migrations',
    heading: 'Migrations',
    shows: 'Only organizations that still have such certificates',
  },
  {
    name: 'migrations, a deadline',
    path: '/operate/migrations',
    heading: 'Migrations',
    open: async (page) => {
      await page
        .getByRole('button', { name: /^Set deadline for/ })
        .first()
        .click()
      await page.getByLabel('Calls that may be denied').waitFor()
    },
  },
  {
    name: 'rotations after their overlap',
    path: '/operate/rotations',
    heading: 'Rotations',
    shows: 'No rotation is past its overlap',
  },
  {
    name: 'authorities',
    path: '/operate/certificate-authorities',
    heading: 'Certificate authorities',
    shows: 'Issuing CA of production',
  },
  {
    name: 'trust an issuer',
    path: '/operate/certificate-authorities',
    heading: 'Certificate authorities',
    shows: 'Issuing CA of production',
    open: press('Trust external CA'),
  },
  { name: 'gateways', path: '/operate/gateways', heading: 'Gateways', shows: 'Up to date' },
  { name: 'audit', path: '/operate/audit', heading: 'Audit', shows: /was issued/ },
]
