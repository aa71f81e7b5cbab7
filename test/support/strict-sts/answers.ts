/** What an operation answers: a result to be wrapped in XML, or a refusal with AWS's own code, status and words. */

/** Text, a list (written as `<member>` elements) or named parts; an undefined part is left out. */
export type XmlValue = string | readonly XmlValue[] | { readonly [name: string]: XmlValue | undefined }

export type Refusal = { readonly isOk: false; readonly status: number; readonly code: string; readonly message: string }
export type Answer =
  { readonly isOk: true; readonly result: { readonly [name: string]: XmlValue | undefined } } | Refusal

const refuse = (status: number, code: string, message: string): Refusal => ({ isOk: false, status, code, message })

/** AccessDenied, 403. */
export const accessDenied = (message: string): Refusal => refuse(403, 'AccessDenied', message)
/** ValidationError, 400. */
export const validationError = (message: string): Refusal => refuse(400, 'ValidationError', message)
/** SignatureDoesNotMatch, 403. */
export const signatureDoesNotMatch = (message: string): Refusal => refuse(403, 'SignatureDoesNotMatch', message)
/** Any other refusal. */
export const refusal = refuse

/** A caller without permission, in the words of the service named by `action` (`sts:AssumeRole`). */
export const notAuthorized = (caller: string, action: string, resource: string, because = ''): Refusal =>
  accessDenied(`User: ${caller} is not authorized to perform: ${action} on resource: ${resource}${because}`)

/** Unknown, deleted or inactive key id, or a session token that does not belong to it. */
export const INVALID_CLIENT_TOKEN_ID = refuse(
  403,
  'InvalidClientTokenId',
  'The security token included in the request is invalid.',
)
/** A session after its expiration. */
export const EXPIRED_TOKEN = refuse(403, 'ExpiredToken', 'The security token included in the request is expired')
/** A request that nobody signed. */
export const MISSING_AUTHENTICATION = refuse(
  403,
  'MissingAuthenticationToken',
  'Request is missing Authentication Token',
)
/** A wrong and a used code: AWS does not tell them apart. The space at the end is AWS's. */
export const WRONG_CODE = accessDenied('MultiFactorAuthentication failed with invalid MFA one time pass code. ')
/** A serial that is not an enabled code device of the caller. The two spaces are AWS's. */
export const WRONG_DEVICE = accessDenied(
  'MultiFactorAuthentication failed, unable to validate MFA code.  ' +
    'Please verify your MFA serial number is valid and associated with this user.',
)
/** A serial without a code or a code without a serial. */
export const HALF_MFA = accessDenied(
  'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
)
