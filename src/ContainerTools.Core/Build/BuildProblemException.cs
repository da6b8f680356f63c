namespace ContainerTools.Core.Build;

/// <summary>Something in a step that cannot be done. Whoever executes the step says where it stands.</summary>
/// <param name="errorId">PascalCase and specific.</param>
/// <param name="message">What is wrong and what to do; it begins in lower case.</param>
internal sealed class BuildProblemException(string errorId, string message) : Exception(message)
{
    internal string ErrorId { get; } = errorId;
}
