import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';

/** The proxy through which a function reaches Immuta, AWS and the URL for its responses. */
export interface HandlerProxy {
  /**
   * URL of the proxy, such as `http://proxy.acme.internal:3128`, without credentials.
   *
   * Requests use the method `CONNECT`. They are encrypted from the function to their destination.
   */
  readonly url: string;

  /**
   * The secret with the credentials for the proxy: JSON with the fields `username` and `password`.
   *
   * The function reads it without the proxy whenever it handles an event. It needs another route to Secrets Manager,
   * such as a VPC endpoint.
   *
   * @default - the proxy requires no credentials
   */
  readonly credentials?: secretsmanager.ISecret;
}
