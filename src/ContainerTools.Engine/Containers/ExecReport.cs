using System.Text.Json;

namespace ContainerTools.Engine.Containers;

/// <summary>What a runtime writes to its <c>--log</c> when a command could not be run: JSON lines, in which ours names the error.</summary>
internal static class ExecReport
{
    /// <summary>Throws what the log says went wrong; returns if it holds no error.</summary>
    public static void Throw(string log, string containerName, ExecOptions options)
    {
        foreach (string line in log.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Read(line) is not { } error)
                continue;
            string target = options.Command.Count > 0 ? options.Command[0] : containerName;
            throw error.ErrorId is { } errorId
                ? new ContainerToolsException(errorId, Enum.TryParse(error.Kind, out ErrorKind kind) ? kind : ErrorKind.Internal, error.Message, target)
                : Understand(error.Message, target);
        }
    }

    /// <summary>Whether a line on standard error is a runtime's complaint that the log has too. Others than ours put a time or nothing before it.</summary>
    public static bool Repeats(string log, string line)
    {
        if (log.Length == 0)
            return false;
        if (line.StartsWith("ctrun: ", StringComparison.Ordinal))
            return true;
        foreach (string entry in log.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Read(entry) is { Message.Length: > 0 } error && line.EndsWith(error.Message.TrimEnd(), StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    private static (string Message, string? ErrorId, string? Kind)? Read(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return Text(document, "level") is "error" or "fatal" && Text(document, "msg") is { } message ? (message, Text(document, "errorId"), Text(document, "kind")) : null;
        }
        catch (JsonException)
        {
            // Another runtime's words of another kind.
            return null;
        }
    }

    private static string? Text(JsonDocument document, string name) =>
        document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    /// <summary>Another runtime's words.</summary>
    private static ContainerToolsException Understand(string message, string command)
    {
        bool Says(string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);
        if (Says("chdir") || Says("cwd"))
            return new ContainerToolsException("WorkingDirectoryNotFound", ErrorKind.NotFound, $"The command cannot start in its working directory: {message}. Choose another one.", command);
        if (Says("not found") || Says("no such file"))
            return new ContainerToolsException("CommandNotFound", ErrorKind.NotFound, $"The command '{command}' was not found in the container: {message}.", command);
        if (Says("exec format error") || (Says("permission denied") && (Says("exec") || Says("open"))))
            return new ContainerToolsException("CommandNotExecutable", ErrorKind.PermissionDenied, $"The command '{command}' cannot be run: {message}.", command);
        return new ContainerToolsException("ContainerExecFailed", ErrorKind.Internal, message, command);
    }
}
