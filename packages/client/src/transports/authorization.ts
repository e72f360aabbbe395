/** The header that shows a token; none without one (RFC 6750 §2.1). */
export const authorization = ({ token }: { readonly token?: string | undefined }): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };
