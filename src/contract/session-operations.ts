import { operation } from './operation.ts'
import { PasswordChange, SessionView, SignIn } from './session.ts'

/** Operations to sign in and out. */
export const sessionOperations = {
  signIn: operation({
    id: 'signIn',
    summary: 'Sign in with email and password; sets the session cookie',
    method: 'POST',
    path: '/session',
    access: 'anyone',
    body: SignIn,
    reply: SessionView,
    errors: ['sign_in_failed', 'organization_suspended', 'organization_closed'],
  }),
  getSession: operation({
    id: 'getSession',
    summary: 'Get the signed-in user and the organizations',
    method: 'GET',
    path: '/session',
    access: 'signed-in',
    beforePasswordChange: true,
    reply: SessionView,
  }),
  signOut: operation({
    id: 'signOut',
    summary: 'End this session',
    method: 'DELETE',
    path: '/session',
    access: 'signed-in',
    beforePasswordChange: true,
    reply: null,
    status: 204,
  }),
  changePassword: operation({
    id: 'changePassword',
    summary: 'Set a new password; ends the other sessions',
    method: 'POST',
    path: '/session/password',
    access: 'signed-in',
    beforePasswordChange: true,
    body: PasswordChange,
    reply: SessionView,
    errors: ['sign_in_failed', 'password_unsuitable'],
  }),
}
