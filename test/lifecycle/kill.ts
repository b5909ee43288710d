import { Sandbox } from '../sandbox/sandbox';

/** Ends the process of the handler, once. */
export type Kill = (sandbox: Sandbox) => void;

/** Right after it has written the line of a step. */
export const afterStep =
  (step: string, more = ''): Kill =>
    ({ lambda }) =>
      void lambda.crashes.push(new RegExp(`"step":"${step}".*${more}`));

/** The first run lives. */
export const never = afterStep('never');

/** When a call of its has come to an AWS service, which does it. */
export const atCallOf = (service: string): Kill => ({ aws, lambda, scheduler }) => {
  let killed = false;
  aws.route(service, async (request, next) => {
    const end = scheduler.begin(); // or time would go on between the death and the deed
    if (!killed) lambda.kill();
    killed = true;
    return next(request).finally(end);
  });
};

export const both = (first: Kill, second: Kill): Kill => (current) => {
  first(current);
  second(current);
};
