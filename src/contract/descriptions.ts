/** What a client has to know of each operation beyond its summary, in Markdown, by the id of the operation. */
export const descriptions: Readonly<Record<string, string>> = {
  signIn:
    'The answer sets the session cookie, which every other operation needs. A new account has a one-time password: until it is changed, only `getSession`, `changePassword` and `signOut` answer. If the user has a second factor, the answer is `second_factor_required`, and its cookie proves the password for 5 minutes: call `completeSignIn`.',
  completeSignIn:
    'Needs the cookie of `signIn`, which works once. A code of an authenticator app works once, and so does a recovery code. For a passkey call `beginPasskeySignIn` with the purpose `second_factor` first.',
  beginPasskeySignIn:
    'The answer sets a cookie with the challenge, which is valid for 5 minutes and once. With the purpose `sign_in` any passkey of the portal can answer it.',
  signInWithPasskey: 'A passkey verifies its user, so that the session counts as one with a second factor.',
  getSignInMethods: 'A user with a passkey or an authenticator app has a second factor.',
  beginPasskeyRegistration:
    'The answer sets a cookie with the challenge, which is valid for 5 minutes and once. A user who has a second factor needs a session that began with one.',
  registerPasskey:
    'Needs the cookie of `beginPasskeyRegistration`. With the first factor of a user, their sessions without one end, except this one, which counts from then on as one with a second factor.',
  listPasskeys: 'A user has at most 20.',
  getPasskey: 'Passkeys of other users are `not_found`.',
  renamePasskey: 'The name is for the user alone.',
  deletePasskey: 'The last second factor cannot be deleted while an organization of the user demands one.',
  beginTotpSetUp:
    'The secret is in this answer only. It counts once `confirmTotp` has a code of it; until then another call replaces it.',
  confirmTotp: 'The code must be of the secret of the latest `beginTotpSetUp`.',
  deleteTotp: 'The last second factor cannot be removed while an organization of the user demands one.',
  createRecoveryCodes: 'The codes made before no longer work. Keep them where the device is not.',
  getSecurityPolicy: 'Members and operators may read it.',
  setSecurityPolicy:
    'It takes effect immediately, also for sessions that exist: members whose session began without a second factor get `second_factor_needed`. An admin needs a session with a second factor to demand one.',
  getSession: 'Names the organizations of the user with the role in each.',
  signOut: 'The session ends immediately, and so do its streams.',
  beginStepUp:
    'The answer lists the methods that `proveStepUp` accepts of the user for this act. A user with a passkey gets the options for it, and a cookie with their challenge, which `proveStepUp` needs. If another operator has to confirm the act, the answer is `second_person_required`: no proof is needed to ask for that.',
  proveStepUp:
    'Operations with a header `Step-Up-Proof` ask a user who is signed in to prove again who they are. Without the header they answer `step_up_required` and name the act and its object in `stepUp`: send these here with a proof, then repeat the request with the token. The token is for this session, this operation and these path parameters. It is valid once, and for five minutes. The proof is the password, a code of the authenticator app, or a passkey (`beginStepUp`). A user who has a second factor needs it where one is demanded, and in a session that began by single sign-on: the password gets `step_up_factor_needed`. Only in a session that began with a recovery code does the password suffice to add and remove the own second factors. Wrong passwords and codes are slowed down as at sign-in.',
  changePassword: 'The answer sets the cookie of a new session. All other sessions of the user end.',
  getAccount: 'The account of the signed-in user.',
  updateAccount:
    'The name is shown beside what the user does; the email address stays the sign-in. Emails to the user have their dates in the time zone, with UTC beside.',
  answerTimeZone:
    'For the question at the first sign-in (`isAskedTimeZone` of the session). `UTC` keeps UTC. It changes nothing for a user who has answered before, here or with `updateAccount`, which can change the time zone at any time. A session that an OpenID provider began may call it too.',
  requestEmailChange:
    'Postern emails a link to the present and to the new address, valid for 24 hours. Nothing changes until both have been confirmed with `confirmEmailChange`. A later request replaces an earlier one. The answer is the same for an address that has an account, which gets no email.',
  confirmEmailChange:
    'The answer says whether the other address has confirmed too, so that the new one is in use. Sessions stay valid; links to choose a password become invalid.',
  confirmContact:
    'For the page that the link in the first email to a contact opens. The token is in the body, so that no log has it. Again without effect. Until then the address gets no further email of the organization.',
  inspectSubscription:
    'For the page that the link in an email about an expiring certificate opens. The token is in the body, so that no log has it.',
  changeSubscription:
    'Again without effect. It stops emails about expiring certificates alone; links, invitations and what concerns the security of an account still come. An address without which nobody would be told of some certificate gets `last_recipient`, and nothing changes: name another contact first.',
  setOwnSubscription:
    'The same as `changeSubscription`, for the address of the signed-in user. No API key may call this.',
  getNotificationSettings: 'Members and operators may read it.',
  setNotificationSettings:
    'Replaces both. A new team address gets an email, with a link to confirm it if it belongs to no member; until then it gets no others. In the chain of recipients it comes after the contacts of a certificate and before the admins.',
  inspectLink:
    'A program that shows the link asks this first. The link is used only by the operation for its purpose.',
  requestPasswordReset:
    'The answer and its time are the same for addresses with and without an account. A user gets at most five such emails an hour; each link works once, for one hour.',
  resetPassword:
    'The answer sets the session cookie. All other sessions of the user end, and all other links of the user become invalid. A link that is rejected for its password stays usable. If the user has a second factor, the new password counts, and the answer is `second_factor_required` as with `signIn`: call `completeSignIn`.',
  listSessions:
    'The session of the request is among them. `device` is what the browser says of itself. A user has at most 50 sessions.',
  endSession: 'It ends within a second, and so do its streams.',
  endOtherSessions: 'They end within a second, and so do their streams. The session of the request stays.',
  exportOwnData:
    'Page by page, without secrets: passwords, keys and codes are stored only as hashes or sealed, and links in emails are left out. The audit log gives what you did, and what was done about you, without who did it.',
  eraseOwnAccount:
    'It cannot be undone. The account, its sessions, keys and memberships are gone immediately. Within about ten minutes the audit log and all other records name you by a pseudonym. The last admin of an organization gets `last_admin`, and who works for the provider `conflict`: another operator erases that account.',
  listUsers: 'In the order in which they were created. Users who were erased are not listed.',
  exportUserData: 'The same as `exportOwnData`, about another user.',
  erasePerson:
    'It cannot be undone. The account, its sessions, keys and memberships are gone immediately, and `getErasure` says when no other record names the user any more. A repeated request answers the same. The last admin of an organization gets `last_admin`; the last operator, and who asks, cannot be erased: `conflict`.',
  getErasure: 'It is kept, and holds nothing of the user but the ID.',
  listOperators: 'In the order in which they were created.',
  removeOperator:
    'The sessions of the user end. A membership in organizations stays. The last operator cannot be removed: `conflict`.',
  getSingleSignOn: 'The client secret is never part of the answer.',
  setSingleSignOn:
    'Users sign in through the provider once a domain is proven by `checkSingleSignOnDomain`. A domain that is left out loses its proof. After a change of the issuer, users are linked again at their next sign-in.',
  deleteSingleSignOn:
    'Domains lose their proof. Users and their memberships stay; who never had a password needs a new one.',
  checkSingleSignOnDomain:
    'A domain can be proven by one organization only. Postern looks for the record when this is called and not later.',
  getSignInMethod:
    'Depends on the domain alone; without one there is no single sign-on. The answer is the same whether or not an address has an account.',
  startSingleSignOn:
    'The answer sets a cookie for ten minutes, which `completeSingleSignOn` needs. Open `authorizationUrl` in the same browser.',
  completeSingleSignOn:
    'The page of the redirect URI calls it. The user is the one whom issuer and `sub` identify. At the first sign-in, `email_verified` has to be true and the domain of the address proven by the organization.',
  getOrganization: 'Members and operators may read it.',
  requestConfirmation:
    'Where the configuration asks for a second person (`operators.secondPerson`), the operation itself answers `second_person_required`. Send what its request would have had. It waits for 24 hours.',
  listConfirmations: 'All of them, of every status.',
  getConfirmation: 'It stays after it was decided.',
  confirmRequest:
    'The act is done immediately, on behalf of who asked for it, who must still be an operator. `problem` says why it was denied, if it was.',
  cancelConfirmation: 'Any operator may cancel it, also who asked for it.',
  getPlatformState:
    'The first page of operators. `requiredActions` is empty while nothing needs one, the most urgent is first.',
  reloadConfiguration:
    'For all processes on the machine that answers; other machines have a file of their own. A file that is wrong, or that changes a setting that needs a restart, changes nothing. No connection is closed. The audit log has the changes.',
  listMembers: 'In the order in which they joined, with when each was last seen.',
  getMember:
    'As in `listMembers`, without `lastSeenAt`, so that the entity tag holds still while the member uses the portal.',
  updateMember:
    'The change applies to the next request of the member. The last admin of an organization keeps the role: `last_admin`.',
  removeMember:
    'Open streams of the member end within a second. The account stays, and so does what the member created. The last admin cannot be removed: `last_admin`.',
  removeSecondFactors:
    'For a member who has lost the device and all recovery codes: make sure first that it is the member who asks. Passkeys, authenticator app and recovery codes are deleted, all sessions of the user end, and the user is told by email. The password stays.',
  leaveOrganization: 'The last admin of an organization cannot leave it: `last_admin`.',
  createInvitation:
    'Postern emails a link that is valid for 7 days. Only the email has the link. An operator can invite the first admin.',
  listInvitations: 'Expired invitations are among them until they are deleted or sent again.',
  getInvitation: 'Also one that was accepted, cancelled or replaced, for 30 days after it has expired.',
  cancelInvitation: 'Nobody is told.',
  previewInvitation:
    'For the page that the link opens. The token is in the body, so that no log has it. Any other token than that of an open invitation gets `invitation_invalid`.',
  acceptInvitation:
    'If no user has the address of the invitation, `name` and `password` create one, and the answer sets the session cookie. Otherwise this user has to be signed in: `invitation_needs_sign_in`. An invitation can be accepted once.',
  createOrganization:
    'The slug is part of addresses and of the names of certificates, so it never changes. The new organization has no members.',
  listOrganizations: 'Sorted by slug. Suspended and closed organizations are among them; `status` selects.',
  listOrganizationUse:
    'The numbers change with every certificate, so that they are apart from the organizations themselves.',
  getOrganizationUse:
    'The numbers change with every certificate, so that they are apart from the organization itself.',
  updateOrganization:
    'Members that are left out stay as they are. Certificates that were issued keep the name that they were issued with.',
  suspendOrganization:
    'Within a second gateways deny its certificates and access tokens and close its connections, and its members cannot use the portal. Nothing is lost: certificates are not revoked, and `reactivateOrganization` lets everything in again.',
  reactivateOrganization: 'Certificates, API credentials and members work again immediately.',
  closeOrganization:
    'Has the effects of `suspendOrganization`, and cannot be undone. Everything of the organization stays readable for operators and auditors.',
  getOrganizationLimits: 'A limit of null is the default of the configuration, which is in `defaults`.',
  setOrganizationLimits:
    'Replaces all limits; null is the default, also of an environment that is left out. A limit below what the organization has takes nothing away: it prevents more.',
  getEnvironment: 'The same as one item of `listEnvironments`.',
  listEnvironments:
    'Gives the addresses of the gateway and of its token endpoint, the CA of the gateway where it is a private one, the key kinds that are allowed, and the scopes.',
  createCalendarFeed:
    'The address is in this answer only: enter it in a calendar program, which needs no sign-in. Whoever has it can read names and expiry dates of the certificates in the environment. The feed ends with the membership of the user who made it, and while the organization is suspended. At most 100 for each organization. No API key may call this.',
  listCalendarFeeds: 'Addresses are never part of the answer. No API key may call this.',
  getCalendarFeed: 'The same as one item of `listCalendarFeeds`.',
  deleteCalendarFeed: 'Calendar programs keep what they read before, until they notice.',
  createWebhook:
    'The secret is in this answer only: store it immediately, and verify with it the signature of each request (Standard Webhooks). The URL needs https and a public address. Events begin with the next change. At most 10 for each organization.',
  listWebhooks:
    'Secrets are never part of the answer. `failingSince` and `waiting` say how the endpoint does; `droppedEvents` counts events that were not queued because 1000 deliveries waited.',
  getWebhook: 'The same as one item of `listWebhooks`, without its use.',
  updateWebhook:
    'Members that are left out stay as they are. A webhook that is disabled gets no events, and its waiting deliveries have failed; when it is enabled, events begin with the next change.',
  deleteWebhook: 'Nothing is sent any more. What is on its way may still arrive.',
  rotateWebhookSecret:
    'At most two secrets are valid at once: every request then has two signatures, so that the endpoint can change its secret at any time within `overlapSeconds`.',
  testWebhook:
    'Sends an event of the type `webhook.test`, also to a webhook that is disabled, and answers after 17 seconds at the latest. It is not tried again. At most 60 in an hour for each organization. `clientCertificateId` presents another client certificate than the live one, to try it before it is used.',
  addWebhookClientCertificate:
    'Postern makes the private key, which never leaves it. With `postern` its CA for outgoing requests issues the certificate, and renews it automatically: your endpoint has to trust `caCertificate`. With `own_ca` the answer has a CSR in `certificateRequest`: have your CA sign it, and enter the result with `installWebhookClientCertificate`. At most 4 for each webhook.',
  installWebhookClientCertificate:
    'The chain has the certificate for the key of the CSR, made for TLS clients and valid now, and the CAs above it, in any order. If the webhook has no other valid client certificate, it is presented immediately; otherwise it is `next` until `activateWebhookClientCertificate`.',
  activateWebhookClientCertificate:
    'Deliveries present it from now on. The one before stays as `former` until you retire it, so that you can go back.',
  retireWebhookClientCertificate:
    'Its key is deleted. When the last one is retired, deliveries present none.',
  listWebhookDeliveries:
    'Each delivery is tried for 3 days, and listed for 30 days with its latest try. `eventId` is the `webhook-id` of each try.',
  replayWebhookDelivery:
    'The delivery is due immediately, and tried for 3 days as a new one. The endpoint gets the same `webhook-id`, so that it can tell the repetition.',
  createApiKey:
    'The secret is in this answer only: store it immediately. Send it as `Authorization: Bearer`. The key belongs to the organization: it stays when the admin who made it leaves. At most 50 for each organization.',
  listApiKeys:
    'Secrets are never part of the answer: each is shown by its first characters. Keys that have expired stay for 30 days.',
  getApiKey: 'The same as one item of `listApiKeys`, without its use.',
  rotateApiKey:
    'At most two secrets are valid at once. The old one stays valid for `overlapSeconds`, and no longer than it was. The key expires anew, `expiresInDays` from now.',
  deleteApiKey: 'All portals reject the key within a second, and its streams end.',
  createOwnApiKey:
    'The secret is in this answer only: store it immediately. The key acts for you, in all your organizations or in one; it may never do more than you may at the time. At most 20 for each user.',
  listOwnApiKeys:
    'Secrets are never part of the answer: each is shown by its first characters. Keys that have expired stay for 30 days.',
  getOwnApiKey: 'The same as one item of `listOwnApiKeys`, without its use.',
  rotateOwnApiKey:
    'At most two secrets are valid at once. The old one stays valid for `overlapSeconds`, and no longer than it was. The key expires anew, `expiresInDays` from now.',
  deleteOwnApiKey: 'All portals reject the key within a second, and its streams end.',
  createCredential:
    'The client ID is in the answer, and the client secret in this answer only: store it immediately. Credentials with `tlsClientAuth` or `jwks` have no secret. `scopes`, `networks` and `certificateIds` restrict: null restricts nothing, an empty list is rejected.',
  listCredentials: 'Secrets are never part of the answer: each is shown by its last characters.',
  listCredentialUse: 'The use changes with every token, so that it is apart from the credentials themselves.',
  getCredential: 'The answer has no secret.',
  rotateCredentialSecret:
    'At most two secrets are valid at once. The old one stays valid for `overlapSeconds`, so that clients can change without an interruption.',
  deleteCredentialSecret: 'The last secret cannot be deleted: delete the API credentials instead.',
  updateCredential: 'Members that are left out stay as they are. Null lifts a restriction.',
  deleteCredential: 'The gateways deny its tokens within a second.',
  createCertificate:
    'Without `csr` the answer is a draft, which waits for `submitCsr`. With `csr` the certificate is issued immediately, or `pending` where the environment issues asynchronously or after an approval. A CSR that is rejected creates nothing.',
  listCertificates: 'Drafts, rejected and cancelled certificates are among them; `status` selects.',
  listCertificateUse:
    'The use changes with every call, so that it is apart from the certificates themselves.',
  getCertificate:
    'A union by `status`: `issued`, `notBefore` and `notAfter` are there for `issued`, `expired` and `revoked` certificates, and null for all others.',
  updateCertificate: 'Members that are left out stay as they are.',
  submitCsr:
    'The private key never leaves the client. Only the public key of the CSR is certified: the subject is that of the organization. A private key in place of a CSR is rejected and not stored.',
  downloadCertificate:
    'The media type of the answer is that of the form. `chain` and `fullchain` leave the root out, as TLS does; `ca_bundle` and `p7b` have it.',
  cancelCertificate: 'The status becomes `cancelled`, for good. The key of the CSR can be used again.',
  revokeCertificate:
    'All gateways of the environment stop accepting the certificate within a second, close its connections and deny its tokens. It cannot be undone. `name` confirms which certificate is meant.',
  rotateCertificate:
    'The answer is the draft of the replacement; its CSR needs a new key, unless the environment allows the same. The old certificate stays valid until it expires or is revoked.',
  listRotations:
    'Those whose old certificate expires first come first. A rotation is listed until its old certificate is retired, revoked or expired.',
  getRotation:
    'Of the old certificate or of its replacement. `verdict` says `safe` only after real silence, while the gateways reported without a gap and the replacement was accepted: an outage is not silence. It changes with every call, so read it again every few seconds.',
  listOverdueRotations:
    'In environments with `rotationOverlapDays`, those that are not safe to retire: the earliest replaced first. A certificate leaves the list once it is retired, revoked or expired, or its replacement is revoked.',
  retireCertificate:
    'The certificate is revoked as superseded. `now` answers 409 `retirement_not_safe` unless the verdict is `safe` or `name` is given. With `at` and `when_safe` Postern retires it, once that is safe, and never the last certificate that works; `manual` takes that back.',
  getExternalStatus:
    'Gateways decide by the same times and by their own clock. `not_found` for a certificate that Postern issued, or that is not valid.',
  listCertificateHistory: 'Each entry is an event of the catalogue with the one who caused it.',
  downloadEvidence: 'A ZIP file that `postern audit verify-pack` verifies without the portal.',
  registerCertificate:
    'For certificates of an external CA. The certificate is accepted once possession of its key is proven, by `proveRegistration` or by a call with it.',
  listRegistrations:
    'Registrations whose key was not proven in time are among them, with the status `expired`.',
  getRegistration:
    'Gives the text to sign, and the address to which a call with the certificate proves its key.',
  proveRegistration: 'The signature is over the exact octets of `challenge`.',
  cancelRegistration: 'Only while the key is not proven.',
  getCertificateRevocation: 'Names each gateway with the time at which it stopped accepting the certificate.',
  listCertificateActivity:
    'Connections, token requests and calls, denied ones included. Postern keeps the latest 200.',
  streamCertificateActivity:
    'Each message has `id`, `event` and `data`: the type of the event, and the event as JSON. The first is `stream.opened`. A comment comes at least every 15 seconds. Send the last `id` as `Last-Event-ID` to continue without loss or repetition.',
  streamOrganizationChanges:
    'The first messages are `stream.opened` and `organization.changed`. Then `organization.changed` comes within two seconds of a change and at most twice per second. It names no change: read again what you show. A comment comes at least every 15 seconds.',
  listActivity:
    'Events of all clients of the organization in the environment, those without a certificate included. A `traceId` can be of several events, since clients may choose it.',
  getCertificateUsage: 'Buckets have no gaps: one without calls has zeros.',
  getUsage:
    'The figures of an organization: all of them are counted between `from` and `to`. They are counted when a request is made, so that a certificate that was revoked since keeps its calls. Buckets have no gaps: one without calls has zeros.',
  listRequiredActions:
    'Denied requests of the last hour, contacts whose address does not accept emails, expired certificates (for 90 days) and those that expire within 30 days, rotations that no gateway has seen finished, drafts, and pending certificates. A certificate stays listed until its replacement was accepted. At most 50 of a kind.',
  listOrganizationDenials: '`code` selects one cause. Causes are an open list.',
  countOrganizationDenials:
    'Counted between `from` and `to`, as in `getUsage`. Causes are an open list: newer gateways may know more.',
  countDenials: 'Causes are an open list: newer gateways may know more.',
  listDenials: '`code` selects one cause. Causes are an open list.',
  listGateways: 'A gateway that does not report for a while is `silent`.',
  getEnforcementPolicy:
    'It changes with a decision only: what it denies or would deny stands in `getEnforcementImpact`.',
  getEnforcementImpact: 'Says which calls were or would be denied, by cause and by API credentials.',
  setEnforcementPolicy:
    'Replaces the policy. Where recent calls would be denied, `enforce` is rejected unless their number is given as a confirmation.',
  listEnforcementPolicies: 'Sorted by organization.',
  getMigration:
    'It changes with a decision, and when its deadline comes: what the end would deny stands in `getMigrationImpact`.',
  getMigrationImpact: 'Counts by whole hours.',
  setMigration:
    'Replaces the plan. While calls with certificates from other CAs come in, the deadline is postponed unless their number is given as a confirmation. An exception ends at its time on every gateway.',
  listMigrations:
    'Sorted by the creation of the organization. An organization without valid certificates from other CAs has moved.',
  listExternalSources:
    'The source whose last answer ends first comes first. What OCSP is asked in case a CRL is away is in the list too.',
  listSignals:
    'One for each kind and subject: valid certificates and replacements without an accepted call for some time, calls that go on after a revocation, accepted calls from a network that no other call with the certificate came from, certificates with a kind of key that the provider accepts no longer soon, and client secrets of some age. Postern looks every few minutes; in a store with a million certificates it takes some hours.',
  getSignal: 'One that has ended can be read for 90 days.',
  dismissSignal: 'It stays dismissed also if it ends and comes back. To dismiss it again changes nothing.',
  undismissSignal: 'If it was not dismissed, nothing changes.',
  getAddressMonitoring: 'It is off unless an admin has turned it on.',
  setAddressMonitoring:
    'Networks of the first 7 days are taken as known: /24 of IPv4, /48 of IPv6, at most 50 of a certificate. What was stored is deleted after it is turned off.',
  listApprovals: 'Only those that wait.',
  getApproval: 'The certificate has what its CSR asks for, and where that differs from what is certified.',
  decideApproval: 'A rejection needs a reason, which the requester gets by email.',
  createBulkRevocation:
    'With `dryRun` nothing is revoked: the answer says what would be. Without it `expectedCount` confirms the number.',
  listBulkRevocations: 'The newest first.',
  getBulkRevocation: 'Says how many certificates are revoked so far.',
  listBulkRevocationCertificates: 'The certificates that the bulk revocation is about.',
  getCertificateAuthority: 'Retired CAs can be read too.',
  listCertificateAuthorities: 'Retired CAs are among them.',
  listCertificateAuthorityUse:
    'The numbers change with every certificate, so that they are apart from the CAs themselves.',
  rotateCertificateAuthority:
    'Certificates of the present CA stay valid. Retire it with `retireCertificateAuthority` once they are replaced.',
  trustIssuer: 'The environment has to allow external certificates.',
  retireCertificateAuthority:
    'From the date on, gateways deny certificates of the CA. Without a confirmation it is a dry run: the answer says whom it concerns.',
  listAudit: 'Each row is bound to all before it by its hash.',
  getAuditState: 'Keep the checkpoint elsewhere: it shows whether somebody replaced the log.',
  verifyAudit: 'Reads every row; it may take seconds.',
  listEmails: 'Only where no mail server is configured.',
  getEmail: 'Only where no mail server is configured.',
  listNotifications:
    'First the next step of each certificate that expires, the soonest first, with those who would be told now; then emails about the organization and steps that were skipped, the newest first. Emails are kept for 90 days, and their text is never shown here; those with a secret link are left out.',
  listOwnEmails:
    'Emails to the address of the user, about organizations of the user, whether or not a mail server is configured.',
  getOwnEmail: 'Any other email is `not_found`.',
}
