namespace ContainerTools.Core.Content;

/// <summary>A stage of a pipeline ended because the one before it failed: the inner exception is the error to report.</summary>
internal sealed class PipeBrokenException(Exception cause) : IOException("The data's source failed: " + cause.Message, cause);
