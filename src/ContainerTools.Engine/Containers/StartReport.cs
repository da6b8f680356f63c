using System.Text;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// What a monitor tells the shell that started it, through a pipe: <c>ok</c>, or <c>error</c>, an error id, a kind and a message, a line each.
/// </summary>
internal static class StartReport
{
    public static byte[] Success => "ok\n"u8.ToArray();

    public static byte[] Failure(string errorId, ErrorKind kind, string message) =>
        Encoding.UTF8.GetBytes($"error\n{errorId}\n{kind}\n{message}\n");

    /// <summary>Whether it says that the container runs.</summary>
    public static bool IsSuccess(ReadOnlySpan<byte> report) => report.SequenceEqual("ok\n"u8);

    /// <summary>Throws what a report says went wrong.</summary>
    public static void Check(ReadOnlySpan<byte> report, string containerName)
    {
        if (IsSuccess(report))
            return;
        string text = Encoding.UTF8.GetString(report);
        string[] lines = text.Split('\n', 4);
        if (lines.Length == 4 && lines[0] == "error" && Enum.TryParse(lines[2], out ErrorKind kind))
            throw new ContainerToolsException(lines[1], kind, lines[3].TrimEnd('\n'), containerName);
        throw new ContainerToolsException("MonitorFailed", ErrorKind.Internal,
            $"The monitor of the container '{containerName}' ended without a report{(text.Length > 0 ? $": {text.Trim()}" : "")}.", containerName);
    }
}
