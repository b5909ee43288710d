/**
 * Leaves the texts of logs and of time-outs as they are. No decision depends on them, and a test of each would repeat
 * its words. Tests of the log check that a step is logged and that it contains no secret.
 */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

const LOG = /(^|\.)log\.(info|warn|error)$/;

function shouldIgnore({ node, parent }) {
  if (node.type === 'ExpressionStatement' && node.expression.type === 'CallExpression') {
    return LOG.test(formatName(node.expression.callee)) ? 'text of a log' : undefined;
  }
  return isTextOfTimeout(node, parent) ? 'text of a time-out' : undefined;
}

/** The value of `waitingFor` or `seen`, and an object with nothing else than `seen`. */
function isTextOfTimeout(node, parent) {
  if (node.type === 'ObjectExpression') {
    return node.properties.length === 1 && node.properties[0].key?.name === 'seen';
  }
  return parent?.type === 'ObjectProperty' && parent.value === node && ['waitingFor', 'seen'].includes(parent.key.name);
}

function formatName({ type, name, object, property }) {
  return type === 'MemberExpression' ? `${formatName(object)}.${property.name}` : name;
}

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'log', { shouldIgnore })];
