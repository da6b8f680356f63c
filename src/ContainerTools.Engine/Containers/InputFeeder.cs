using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Containers;

/// <summary>Passes a caller's stream on to the standard input of a command in a container.</summary>
internal static class InputFeeder
{
    /// <summary>
    /// Feeds a pipe until the stream or its reader ends, and closes it. On a thread of its own: reading the caller's stream may block for as long as it likes.
    /// </summary>
    public static void Start(Stream input, int fd, string threadName) => new Thread(() =>
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            int count;
            while ((count = input.Read(buffer)) > 0 && FileCalls.Write(fd, buffer.AsSpan(0, count)) == 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The caller's stream ended in an error: for the command it is the end of its input.
        }
        finally
        {
            _ = FileCalls.Close(fd);
        }
    })
    { IsBackground = true, Name = threadName }.Start();
}
