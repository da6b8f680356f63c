namespace ContainerTools.Engine.Containers;

/// <summary>
/// A thread for what need not hold up a pipeline. One of the pool's looks for more work for a while when it has done some, and wakes another to help: where there are two processors, that
/// takes one of them from the monitor that the pipeline waits for.
/// </summary>
internal static class SideThread
{
    private static readonly AutoResetEvent s_given = new(false);
    private static Task? s_next;
    private static int s_isBusy;
    private static int s_isStarted;

    /// <summary>Begins with something; where the thread is at work already, the pool does it.</summary>
    public static Task Run(Action action)
    {
        if (Interlocked.CompareExchange(ref s_isBusy, 1, 0) != 0)
            return Task.Run(action);
        var task = new Task(action);
        s_next = task;
        if (Interlocked.Exchange(ref s_isStarted, 1) == 0)
            new Thread(Work) { IsBackground = true, Name = "ContainerTools" }.Start();
        s_given.Set();
        return task;
    }

    private static void Work()
    {
        while (true)
        {
            s_given.WaitOne();
            var task = s_next!;
            s_next = null;
            task.RunSynchronously(TaskScheduler.Default);
            Volatile.Write(ref s_isBusy, 0);
        }
    }
}
