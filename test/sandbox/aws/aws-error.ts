/** An error as AWS answers it; the server writes it in the protocol of the service that was called. */
export class AwsError extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/** The work was done and its answer is lost: the connection breaks. */
export class LostAnswer extends Error {}
