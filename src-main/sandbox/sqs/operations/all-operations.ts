import { changeMessageVisibilityBatch, deleteMessageBatch, sendMessageBatch } from './batch-operations'
import { changeMessageVisibility, deleteMessage, sendMessage } from './message-operations'
import type { Operation } from './operation'
import { addPermission, removePermission } from './permission-operations'
import {
  createQueue,
  deleteQueue,
  getQueueAttributes,
  getQueueUrl,
  listDeadLetterSourceQueues,
  listQueues,
  purgeQueue,
  setQueueAttributes,
} from './queue-operations'
import { receiveMessage } from './receive-message'
import { listQueueTags, tagQueue, untagQueue } from './tag-operations'
import { cancelMessageMoveTask, listMessageMoveTasks, startMessageMoveTask } from './task-operations'

/** All 23 of the API, by the name after "AmazonSQS." in x-amz-target. */
export const allOperations = {
  AddPermission: addPermission,
  CancelMessageMoveTask: cancelMessageMoveTask,
  ChangeMessageVisibility: changeMessageVisibility,
  ChangeMessageVisibilityBatch: changeMessageVisibilityBatch,
  CreateQueue: createQueue,
  DeleteMessage: deleteMessage,
  DeleteMessageBatch: deleteMessageBatch,
  DeleteQueue: deleteQueue,
  GetQueueAttributes: getQueueAttributes,
  GetQueueUrl: getQueueUrl,
  ListDeadLetterSourceQueues: listDeadLetterSourceQueues,
  ListMessageMoveTasks: listMessageMoveTasks,
  ListQueues: listQueues,
  ListQueueTags: listQueueTags,
  PurgeQueue: purgeQueue,
  ReceiveMessage: receiveMessage,
  RemovePermission: removePermission,
  SendMessage: sendMessage,
  SendMessageBatch: sendMessageBatch,
  SetQueueAttributes: setQueueAttributes,
  StartMessageMoveTask: startMessageMoveTask,
  TagQueue: tagQueue,
  UntagQueue: untagQueue,
} as const satisfies Readonly<Record<string, Operation>>

export type OperationName = keyof typeof allOperations

export const isOperationName = (name: string): name is OperationName => Object.hasOwn(allOperations, name)
