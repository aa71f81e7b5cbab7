/** The answer of an operation: a result, or an error with the code, status and message that AWS uses. */

/** A string, a list (serialized as `<member>` elements) or a structure; undefined members are omitted. */
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
/** Any other error. */
export const refusal = refuse

/** AccessDenied, with AWS's message for a caller who lacks the permission `action` (`sts:AssumeRole`). */
export const notAuthorized = (caller: string, action: string, resource: string, because = ''): Refusal =>
  accessDenied(`User: ${caller} is not authorized to perform: ${action} on resource: ${resource}${because}`)

/** An unknown, deleted or inactive key ID, or a session token that does not belong to it. */
export const INVALID_CLIENT_TOKEN_ID = refuse(
  403,
  'InvalidClientTokenId',
  'The security token included in the request is invalid.',
)
/** A session after its expiration. */
export const EXPIRED_TOKEN = refuse(403, 'ExpiredToken', 'The security token included in the request is expired')
/** An unsigned request. */
export const MISSING_AUTHENTICATION = refuse(
  403,
  'MissingAuthenticationToken',
  'Request is missing Authentication Token',
)
/** A wrong or used code: AWS does not distinguish them. The trailing space is AWS's. */
export const WRONG_CODE = accessDenied('MultiFactorAuthentication failed with invalid MFA one time pass code. ')
/** A serial number that is not an enabled TOTP device of the caller. The two spaces are AWS's. */
export const WRONG_DEVICE = accessDenied(
  'MultiFactorAuthentication failed, unable to validate MFA code.  ' +
    'Please verify your MFA serial number is valid and associated with this user.',
)
/** A serial number without a code, or a code without a serial number. */
export const HALF_MFA = accessDenied(
  'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
)
