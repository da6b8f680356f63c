namespace ContainerTools.Engine.Containers;

/// <summary>The name, the id and the ids that a container which is being made has taken already.</summary>
/// <param name="LockFile">Its locked monitor.lock: when that is let go of and the record is not complete, all of it is garbage.</param>
/// <param name="Record">Its record.</param>
internal sealed record Reservation(MonitorLockFile LockFile, UnfinishedRecord Record) : IDisposable
{
    public void Dispose()
    {
        Record.Dispose();
        LockFile.Dispose();
    }
}
