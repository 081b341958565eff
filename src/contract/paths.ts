/** Path prefixes that several operations share. */
export const organizationPath = '/organizations/:organization'
export const environmentPath = `${organizationPath}/environments/:environment` as const
export const certificatePath = `${organizationPath}/certificates/:certificateId` as const
export const registrationPath = `${organizationPath}/registrations/:registrationId` as const
export const memberPath = `${organizationPath}/members/:memberId` as const
export const invitationPath = `${organizationPath}/invitations/:invitationId` as const
export const webhookPath = `${organizationPath}/webhooks/:webhookId` as const
export const credentialPath = `${organizationPath}/credentials/:credentialId` as const
export const signalPath = `${organizationPath}/signals/:signalId` as const
