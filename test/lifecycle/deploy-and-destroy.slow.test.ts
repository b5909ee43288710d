import { testDeployment } from './deploy-and-destroy';
import { useSandbox } from './fixture';
import { node24 } from './node-24';

// each function in a process of its own, with the version of Node.js that Lambda runs
testDeployment(useSandbox(node24));
